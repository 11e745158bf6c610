"""Reading one section of a study file, such as `[search]`, and naming every mistake in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tuner.errors import HyperparameterError, Mistake
from tuner.space.complaints import complaint, meant, missing_kind, no_setting, no_table, one_of, shown, unknown
from tuner.space.shape import KindsShape, TableShape, shape_of

Section = TypeVar("Section", bound=BaseModel)


def read_section(model: type[Section], raw: Any, place: str) -> tuple[Section | None, list[Mistake]]:
    """The section that a table of a study file describes.

    What is wrong is left out and the rest checked again, since a mistake in one setting must not hide that two others
    do not go together.

    Args:
        model: what the section is checked by.
        raw: the table as the file states it.
        place: the section's place in the file.
    Returns:
        The section, with defaults for what is wrong, or None if that cannot be; and the mistakes.
    """
    shape = shape_of(model)
    mistakes: list[Mistake] = []
    doubtful: set[str] = set()
    stated = dict(raw) if isinstance(raw, Mapping) else raw
    while True:
        try:
            return model.model_validate(stated), mistakes
        except ValidationError as error:
            details = error.errors(include_url=False)
        involved = [_involved(detail) for detail in details]
        for detail, names in zip(details, involved, strict=True):
            if doubtful.isdisjoint(names):
                mistakes += _mistakes(detail, stated, place, shape)
        wrong = {name for names in involved for name in [name for name in names if name in stated][:1]}
        if not wrong:
            return None, mistakes
        doubtful.update(*involved, meant(wrong, list(shape.fields)))
        stated = {name: value for name, value in stated.items() if name not in wrong}


def _involved(detail: ErrorDetails) -> tuple[str, ...]:
    """The settings that an error is about, the one to blame first; none if it is about the table as a whole."""
    if detail["loc"]:
        return (str(detail["loc"][0]),)
    cause = detail.get("ctx", {}).get("error")
    return cause.settings if isinstance(cause, HyperparameterError) else ()


def _mistakes(detail: ErrorDetails, raw: Any, place: str, shape: TableShape) -> list[Mistake]:
    inner, found = _stated(detail["loc"], raw)
    where = ".".join([place, *(inner or _involved(detail)[:1])])
    kinds = shape.fields[inner[0]].shape if inner and inner[0] in shape.fields else None
    if isinstance(kinds, KindsShape):
        options = list(kinds.kinds)
        if detail["type"] == "extra_forbidden":
            return [Mistake(where, no_setting(kinds, [raw[inner[0]]["kind"]], inner[-1]))]
        if detail["type"].startswith("union_tag"):
            return _kind_mistakes(kinds, found, where)
        if detail["type"] == "model_attributes_type":
            expected = f"one of {', '.join(options)}, or a table with one of them as its kind"
            return [Mistake(where, f"is {shown(found)}, but should be {expected}")]
    if detail["type"] == "extra_forbidden":
        return [Mistake(where, unknown(inner[-1], list(shape.fields)))]
    if not isinstance(raw, Mapping):
        return [Mistake(where, no_table(raw, list(shape.fields)))]
    return [Mistake(where, complaint(detail))]


def _kind_mistakes(shape: KindsShape, raw: Any, place: str) -> list[Mistake]:
    """The mistakes of a table whose kind cannot be told: its kind, and names that no kind knows."""
    options = list(shape.kinds)
    if isinstance(raw, str):
        return [Mistake(place, one_of(raw, options))]
    problem = one_of(raw["kind"], options) if "kind" in raw else missing_kind(options)
    others = [name for name in raw if name != "kind" and not shape.kinds_with(name)]
    return [
        Mistake(f"{place}.kind", problem),
        *(Mistake(f"{place}.{name}", no_setting(shape, options, name)) for name in others),
    ]


def _stated(location: tuple[int | str, ...], raw: Any) -> tuple[list[str], Any]:
    """A location without the name of a kind, which pydantic puts in and no file states; and what stands there."""
    place: list[str] = []
    here = raw
    kind_passed = False
    for part in location:
        if place and not kind_passed and isinstance(here, Mapping) and part == here.get("kind"):
            kind_passed = True
            continue
        place.append(str(part))
        here = here.get(part) if isinstance(here, Mapping) else None
    return place, here
