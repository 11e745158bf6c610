"""A study of somebody's own model, out of Python alone: a space with a table of names that only the model knows.

A study file has no such table. It holds plain values and is never executed; what builds the model is handed over by the
program that searches, and is not stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, create_model

from tuner.errors import Mistake, StudyFileError
from tuner.hyperparameters.own import (
    MLP_ONLY,
    OWN,
    OwnHyperparameters,
    OwnHyperparametersOfArrays,
    OwnSettings,
    why_no_name,
)
from tuner.space import prove, read_space
from tuner.space.complaints import meant, shortened, shown
from tuner.space.nodes import Scalar
from tuner.study.definition import StudyDefinition
from tuner.study.read import read_study
from tuner.study.sampler_fit import sampler_mistakes
from tuner.study.source_settings import as_tuple

SPACE = "space"
SOURCE = "own model"
"""What errors call a space that stands in no file."""

ARRAYS = "arrays in memory"
"""What stands for the path of data that come out of no file."""

_List = Annotated[tuple[Scalar, ...], BeforeValidator(as_tuple)]


def study_of_arrays(
    name: str, *, seed: int = 0, search: Mapping[str, Any] | None = None, budget: Mapping[str, Any] | None = None
) -> StudyDefinition:
    """A study of data that come out of no file, with nothing to search yet.

    Args:
        name: what the storage calls it.
        seed: from which every random number of it follows.
        search, budget: what the tables of these names state in a study file.
    Raises:
        StudyFileError: with every mistake.
    """
    tables = {"data": {"path": ARRAYS, "target": "y"}, "hyperparameters": {}, "search": search, "budget": budget}
    stated = {table: _plain(value) for table, value in tables.items() if value is not None}
    return read_study({"name": name, "seed": seed, **stated}, source=SOURCE)


def own_study(study: StudyDefinition, space: Any, *, prepares: bool = True) -> StudyDefinition:
    """A study with another space, of somebody's own model.

    Args:
        study: whose data, search, budget and seed it has.
        space: the tables that `[hyperparameters]` of a study file may have, but for those of the network that tuner
            builds; and a table `own` of values, ranges and choices by names of one's own, each a parameter `own.NAME`.
        prepares: whether its rows are preprocessed, and not used as they are.
    Raises:
        StudyFileError: with every mistake in the space.
    """
    raw = _plain(space)
    refused = dict.fromkeys(MLP_ONLY, f"is for the network that tuner builds; state what yours has under {SPACE}.{OWN}")
    if not prepares:
        refused["preprocessing"] = "is for a study's own data; these rows are used as they are"
    mistakes: list[Mistake] = []
    if isinstance(raw, Mapping):
        mistakes += [Mistake(f"{SPACE}.{name}", problem) for name, problem in refused.items() if name in raw]
        raw = {name: value for name, value in raw.items() if name not in refused}
    own, unnamed = _own_of(raw)
    model = own_model(own, OwnHyperparameters if prepares else OwnHyperparametersOfArrays)
    if own is not None:
        raw = {**raw, OWN: own}
    table, found, doubtful = read_space(model, raw, SPACE)
    mistakes += [*unnamed, *found]
    mistakes += prove(table, model, SPACE, doubtful)
    mistakes += sampler_mistakes(study.search.sampler, table)
    if mistakes:
        raise StudyFileError(study.source or SOURCE, mistakes)
    return replace(study, space=table, model=model)


def own_model(
    own: Mapping[str, Any] | None, base: type[OwnHyperparameters] = OwnHyperparameters
) -> type[OwnHyperparameters]:
    """What one configuration is checked by, if the table `own` states so much; each setting is of its values' kind."""
    fields: dict[str, Any] = {name: (_kind_of(value), Field()) for name, value in (own or {}).items()}
    settings = create_model("OwnSettings", __base__=OwnSettings, **fields)
    stated = Field() if fields else Field(default_factory=settings)
    return create_model(base.__name__, __base__=base, own=(settings, stated))


def _own_of(raw: Any) -> tuple[Mapping[str, Any] | None, list[Mistake]]:
    """The table `own` without what cannot be named so, and the mistakes in its names; None if there is none."""
    if not isinstance(raw, Mapping) or OWN not in raw:
        return None, []
    own = raw[OWN]
    if not isinstance(own, Mapping):
        return {}, [Mistake(f"{SPACE}.{OWN}", f"is {shown(own)}, but should be a table of settings by name")]
    why = {name: why_no_name(name) for name in own}
    mistakes = [Mistake(f"{SPACE}.{OWN}.{name}", reason) for name, reason in why.items() if reason is not None]
    named = {}
    for name, value in own.items():
        if why[name] is None:
            odd = [
                Mistake(
                    f"{SPACE}.{OWN}.{name}{place}",
                    f"is {_shown(each)}, but should be a number, a text, or true or false",
                )
                for place, each in _stated(value)
                if not isinstance(each, (bool, int, float, str))
            ]
            mistakes += odd
            if not odd:
                named[name] = value
    return named, mistakes


def _stated(value: Any) -> list[tuple[str, Any]]:
    """The single values that a setting states, each with its place in it; of a range none."""
    if isinstance(value, Mapping):
        choices = value.get("choices")
        return _stated_in(choices, ".choices") if isinstance(choices, list) else []
    return _stated_in(value, "") if isinstance(value, list) else [("", value)]


def _stated_in(values: list[Any], place: str) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for index, value in enumerate(values):
        where = f"{place}[{index}]"
        found += _stated_in(value, where) if isinstance(value, list) else [(where, value)]
    return found


def _shown(value: Any) -> str:
    return shown(value) if isinstance(value, Mapping) else shortened(repr(value))


def _kind_of(raw: Any) -> Any:
    """The type of a setting's values, as far as what is stated tells it."""
    if isinstance(raw, Mapping) and "choices" in raw:
        stated = raw["choices"] if isinstance(raw["choices"], list) else []
        if any(isinstance(each, list) for each in stated):
            return _List
        return _common([type(each) for each in stated])
    # A misspelt bound, too, is part of a range and of nothing else.
    if isinstance(raw, Mapping) and ({"low", "high"} & {*raw, *meant(raw, ("low", "high"))}):
        whole = all(isinstance(raw[name], int) for name in ("low", "high", "step") if name in raw)
        return int if whole else float
    if isinstance(raw, list):
        return _List
    return _common([type(raw)])


def _common(types: list[type]) -> Any:
    kinds = set(types)
    if kinds == {int, float}:
        return float
    return kinds.pop() if len(kinds) == 1 and kinds <= {bool, int, float, str} else Scalar


def _plain(value: Any) -> Any:
    """Tables and lists as a study file would hold them: a tuple is a list, and a NumPy number a number."""
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return value.item() if hasattr(value, "item") and getattr(value, "ndim", None) == 0 else value
