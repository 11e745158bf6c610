"""The reference of all settings, out of the models that check study files: their descriptions, bounds and defaults."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from scripts.docs_parts.rooms import ROOMS, room_of
from tuner.hyperparameters import Hyperparameters
from tuner.study.cluster_settings import ClusterSettings
from tuner.study.data_settings import DataSettings
from tuner.study.schema import study_schema
from tuner.study.search_settings import SECTIONS, BudgetSettings, RunSettings, SearchSettings
from tuner.study.sweeps.settings import SweepBudget, SweepSettings, SweptStudies

MODELS: Mapping[str, type[BaseModel]] = {
    "data": DataSettings,
    "hyperparameters": Hyperparameters,
    "search": SearchSettings,
    "budget": BudgetSettings,
    "run": RunSettings,
    "cluster": ClusterSettings,
}
"""What each table of a study file is checked by."""

SWEEP_MODELS: Mapping[str, tuple[str, type[BaseModel]]] = {
    "At the top": ("What holds for all studies.", SweepSettings),
    "`[budget]`": ("What all studies together may cost.", SweepBudget),
    "`[[studies]]`": ("A study file, and how it is searched.", SweptStudies),
}
"""What each table of a sweep file is checked by, with its heading."""

HEAD = ("| setting | values | default | meaning |", "|---|---|---|---|")


def study_file() -> Iterator[str]:
    """The lines about all but the hyperparameters, of which it says where they are."""
    assert list(MODELS) == list(SECTIONS)
    yield from ["### At the top", "", *HEAD]
    for name, schema in study_schema()["properties"].items():
        if name not in MODELS:
            default = {"name": "the file's name", "seed": "0"}[name]
            yield f"| `{name}` | {_values(schema)} | {default} | {schema['description']} |"
    for name, model in MODELS.items():
        if name == "hyperparameters":
            yield from ["", f"### `[{name}]`", "", SECTIONS[name], "", *_index()]
        else:
            yield from ["", *_table(name, SECTIONS[name], model)]


def sweep_file() -> Iterator[str]:
    """The lines about sweep files."""
    for heading, (text, model) in SWEEP_MODELS.items():
        yield from [f"#### {heading}", "", text, "", *HEAD, *_rows(model, model.model_fields), ""]


def room(page: str) -> Iterator[str]:
    """The lines about the hyperparameters that a page explains."""
    fields = {name: Hyperparameters.model_fields[name] for name in ROOMS[page][1]}
    rows = list(_rows(Hyperparameters, fields))
    if rows:
        yield from ["### `[hyperparameters]`", "", *HEAD, *rows]
    for number, (name, field) in enumerate(fields.items()):
        inner = list(_inner(f"hyperparameters.{name}", field))
        if inner:
            yield from [*([""] if rows or number else []), *inner]


def _index() -> Iterator[str]:
    """Where each hyperparameter is explained."""
    yield from ["| table or setting | what it says | explained in |", "|---|---|---|"]
    for name, field in Hyperparameters.model_fields.items():
        page, title = room_of(name)
        place = f"[hyperparameters.{name}]" if _models(field.annotation) else name
        anchor = f"hyperparameters{name}" if _models(field.annotation) else "hyperparameters"
        yield f"| `{place}` | {field.description} | [{title}]({page}#{anchor}) |"


def _table(place: str, description: str, model: type[BaseModel]) -> Iterator[str]:
    """A table of a study file, and the tables within it."""
    yield from [f"### `[{place}]`", "", description, ""]
    rows = list(_rows(model, model.model_fields))
    if rows:
        yield from [*HEAD, *rows]
    for name, field in model.model_fields.items():
        inner = list(_inner(f"{place}.{name}", field))
        if inner:
            yield from ["", *inner]


def _inner(place: str, field: FieldInfo) -> Iterator[str]:
    """The table of a setting that is one."""
    models = _models(field.annotation)
    if len(models) == 1 and "kind" not in models[0].model_fields:
        description = field.description or ""
        if not field.is_required() and field.get_default(call_default_factory=True, validated_data={}) is None:
            description += " Off unless the table is there."
        yield from _table(place, description, models[0])
    elif models:
        yield from _kinds(place, field, models)


def _kinds(place: str, field: FieldInfo, models: list[type[BaseModel]]) -> Iterator[str]:
    """A table that comes in kinds, with the settings of each."""
    default = field.get_default(call_default_factory=True, validated_data={})
    out = f"`{default.kind}` if left out." if default is not None else "Nothing if left out."
    yield from [f"### `[{place}]`", "", f"{field.description} {out}", ""]
    for model in models:
        summary = (model.__doc__ or "").strip().split("\n")[0]
        yield f"- `{_kind(model)}`: {summary}"
    # What several kinds have alike is said once.
    kinds: dict[str, list[str]] = {}
    for model in models:
        for row in _rows(model, model.model_fields):
            kinds.setdefault(row, []).append(f"`{_kind(model)}`")
    if kinds:
        yield from ["", "| kind | setting | values | default | meaning |", "|---|---|---|---|---|"]
        yield from (f"| {', '.join(names)} {row}" for row, names in kinds.items())


def _rows(model: type[BaseModel], fields: Mapping[str, FieldInfo]) -> Iterator[str]:
    """One row for each setting out of these that holds a value, or that is a kind by its name."""
    schema = model.model_json_schema()
    for name, field in fields.items():
        stated = schema["properties"][name]
        if name == "kind" or (_models(field.annotation) and "enum" not in stated.get("anyOf", [{}])[0]):
            continue
        default = "must be stated"
        if not field.is_required():
            default = _text(field.get_default(call_default_factory=True, validated_data={}))
        yield f"| `{name}` | {_values(stated)} | {default} | {field.description} |"


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The models among the members of a type, in order."""
    if isinstance(annotation, type) and get_origin(annotation) is None:
        return [annotation] if issubclass(annotation, BaseModel) else []
    inner = get_args(annotation)
    return [model for each in (inner[:1] if get_origin(annotation) is Annotated else inner) for model in _models(each)]


def _kind(model: type[BaseModel]) -> str:
    return str(model.model_fields["kind"].default)


def _values(schema: Mapping[str, Any]) -> str:
    """What may stand there, in words."""
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "anyOf" in schema:
        kinds = [each for each in schema["anyOf"] if each.get("type") != "null"]
        # A kind by its name, beside which a table may stand.
        kinds = kinds[:1] if "enum" in kinds[0] else kinds
        return ", or ".join(dict.fromkeys(_values(each) for each in kinds))
    if schema["type"] == "array":
        return f"a list, each {_values(schema['items'])}"
    if schema.get("additionalProperties") is True:
        return "a table"
    if schema["type"] == "object":
        return "a table, for each name " + _values(schema["additionalProperties"])
    if schema["type"] == "boolean":
        return "`true`, `false`"
    words = {
        "minimum": "at least",
        "exclusiveMinimum": "above",
        "maximum": "at most",
        "exclusiveMaximum": "below",
    }
    bounds = [f"{word} {schema[name]:g}" for name, word in words.items() if name in schema]
    kind = {"integer": "whole number", "number": "number", "string": "text"}[schema["type"]]
    return ", ".join([kind, *bounds])


def _text(default: Any) -> str:
    if default is None:
        return ""
    return f"`{default.kind if isinstance(default, BaseModel) else json.dumps(default).strip(chr(34))}`"
