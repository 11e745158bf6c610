"""The JSON Schema of a space, so that editors complete and check study files."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from tuner.space.shape import FieldShape, KindsShape, LeafShape, TableShape, shape_of

Schema = dict[str, Any]


def space_schema(model: type[BaseModel]) -> Schema:
    """The schema of a table whose every leaf may be a value, a range or choices."""
    return _table(shape_of(model))


def _table(shape: TableShape) -> Schema:
    return {
        "type": "object",
        "properties": {name: _field(field) for name, field in shape.fields.items()},
        "required": [name for name, field in shape.fields.items() if field.required],
        "additionalProperties": False,
    }


def _field(field: FieldShape) -> Schema:
    described = {"description": field.description} if field.description else {}
    if isinstance(field.shape, TableShape):
        return {**described, **_table(field.shape)}
    if isinstance(field.shape, KindsShape):
        return {**described, **_kinds(field.shape)}
    return {**described, **_leaf(field.shape)}


def _leaf(shape: LeafShape) -> Schema:
    value = {key: part for key, part in shape.adapter.json_schema().items() if key not in ("title", "description")}
    choices = {
        "type": "object",
        "properties": {"choices": {"type": "array", "items": value, "minItems": 1, "uniqueItems": True}},
        "required": ["choices"],
        "additionalProperties": False,
    }
    forms = [value, choices]
    if shape.number is not None:
        forms.append(
            {
                "type": "object",
                "properties": {
                    "low": value,
                    "high": value,
                    "log": {"type": "boolean", "description": "Search evenly in the logarithm."},
                    "step": {
                        "type": "integer" if shape.number is int else "number",
                        "exclusiveMinimum": 0,
                        "description": "Distance between values.",
                    },
                },
                "required": ["low", "high"],
                "additionalProperties": False,
            }
        )
    return {"anyOf": forms}


def _kinds(shape: KindsShape) -> Schema:
    names = list(shape.kinds)
    settings: Schema = {}
    for table in shape.kinds.values():
        for name, field in table.fields.items():
            settings.setdefault(name, _field(field))
    own = {
        kind: {**_table(table), "required": [], "description": table.description.split("\n")[0]}
        for kind, table in shape.kinds.items()
    }
    kind = {"enum": names}
    several = {
        "type": "object",
        "properties": {"choices": {"type": "array", "items": kind, "minItems": 1, "uniqueItems": True}},
        "required": ["choices"],
        "additionalProperties": False,
    }
    one_table = {
        "type": "object",
        "properties": {"kind": {"anyOf": [kind, several]}, **settings, **own},
        "required": ["kind"],
        "additionalProperties": False,
    }
    table_of_one_kind = [
        {
            **(schema := _table(table)),
            "properties": {"kind": {"const": name}, **schema["properties"]},
            "required": ["kind", *schema["required"]],
        }
        for name, table in shape.kinds.items()
    ]
    return {"anyOf": [one_table, {"type": "array", "items": {"anyOf": table_of_one_kind}, "minItems": 1}]}
