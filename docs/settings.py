"""Writes the reference of all settings in study-files.md, out of the models that check study files."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tuner.hyperparameters import Hyperparameters
from tuner.study.data_settings import DataSettings
from tuner.study.schema import study_schema
from tuner.study.search_settings import SECTIONS, BudgetSettings, RunSettings, SearchSettings

PAGE = Path(__file__).parent / "study-files.md"
BEGIN = "<!-- settings: written by scripts/docs out of the code, and held in step by a test -->\n"
END = "<!-- /settings -->\n"

MODELS: Mapping[str, type[BaseModel]] = {
    "data": DataSettings,
    "hyperparameters": Hyperparameters,
    "search": SearchSettings,
    "budget": BudgetSettings,
    "run": RunSettings,
}
"""What each table of a study file is checked by."""


def page_with_reference(page: str) -> str:
    """The page with its reference as the code has it now."""
    before, rest = page.split(BEGIN)
    return before + BEGIN + "\n" + "\n".join(reference()) + "\n" + END + rest.split(END)[1]


def reference() -> Iterator[str]:
    """The lines of the reference, table by table."""
    assert list(MODELS) == list(SECTIONS)
    yield from ["### At the top", "", "| setting | values | default | meaning |", "|---|---|---|---|"]
    for name, schema in study_schema()["properties"].items():
        if name not in MODELS:
            default = {"name": "the file's name", "seed": "0"}[name]
            yield f"| `{name}` | {_values(schema)} | {default} | {schema['description']} |"
    for name, model in MODELS.items():
        yield from _table(name, SECTIONS[name], model)


def _table(place: str, description: str, model: type[BaseModel]) -> Iterator[str]:
    """A table of a study file, and the tables within it."""
    yield from ["", f"### `[{place}]`", "", description, ""]
    rows = list(_rows(model))
    if rows:
        yield from ["| setting | values | default | meaning |", "|---|---|---|---|", *rows]
    for name, field in model.model_fields.items():
        inner = _models(field.annotation)
        if len(inner) == 1 and "kind" not in inner[0].model_fields:
            yield from _table(f"{place}.{name}", field.description or "", inner[0])
        elif inner:
            yield from _kinds(f"{place}.{name}", field, inner)


def _kinds(place: str, field: FieldInfo, models: list[type[BaseModel]]) -> Iterator[str]:
    """A table that comes in kinds, with the settings of each."""
    default = field.get_default(call_default_factory=True, validated_data={})
    out = f"`{default.kind}` if left out." if default is not None else "Nothing if left out."
    yield from ["", f"### `[{place}]`", "", f"{field.description} {out}", ""]
    for model in models:
        summary = (model.__doc__ or "").strip().split("\n")[0]
        yield f"- `{_kind(model)}`: {summary}"
    rows = [f"| `{_kind(model)}` {row}" for model in models for row in _rows(model)]
    if rows:
        yield from ["", "| kind | setting | values | default | meaning |", "|---|---|---|---|---|", *rows]


def _rows(model: type[BaseModel]) -> Iterator[str]:
    """One row for each setting that holds a value, or that is a kind by its name."""
    schema = model.model_json_schema()
    for name, field in model.model_fields.items():
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


def main() -> None:
    """Write the page, or with --check only say whether it is to be written."""
    before = PAGE.read_text(encoding="utf-8")
    after = page_with_reference(before)
    if after == before:
        print(f"{PAGE.name} is in step with the code")
    elif "--check" in sys.argv[1:]:
        sys.exit(f"{PAGE.name} is not in step with the code; run scripts/docs")
    else:
        PAGE.write_text(after, encoding="utf-8")
        print(f"{PAGE.name} is written")


if __name__ == "__main__":
    main()
