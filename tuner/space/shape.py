"""What a tree of pydantic models looks like from outside: its tables, kinds and leaves.

Reading a space, its JSON Schema and its documentation all walk these shapes, so there is no second schema to keep in
step with `Hyperparameters`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

_STRICT = ConfigDict(strict=True, allow_inf_nan=False)
_SAMPLES: tuple[Any, ...] = (1, 0.5, 0.9, 0, True, "a", (1,), (0.5,))


@dataclass(frozen=True)
class LeafShape:
    """A place for one value.

    Attributes:
        adapter: checks a value.
        number: `int` or `float` where a range may stand, else None.
        many: whether the value itself is a list.
        default: the value where a study states none; None if it must state one.
    """

    adapter: TypeAdapter[Any]
    number: type[int] | type[float] | None
    many: bool
    default: Any = None

    def stand_in(self) -> Any:
        """Some value that can stand here, for a value that cannot: one mistake must not hide another."""
        if self.default is not None:
            return self.default
        schema = self.adapter.json_schema()
        for sample in (*schema.get("enum", ()), schema.get("const"), *_SAMPLES):
            try:
                return self.adapter.validate_python(sample)
            except ValidationError:
                continue
        return None


@dataclass(frozen=True)
class FieldShape:
    """A field of a table.

    Attributes:
        shape: what stands there.
        required: whether it must be stated.
        description: one sentence.
        applies_to: tables and settings beside whose kinds and values it applies, by name; empty if always.
        applies_from: settings of its table from whose values on it applies, by name; empty if always.
        own_table_only: whether a value stated for all kinds at once leaves this one alone.
        default_kind: the kind, for kinds that a study leaves out; the word, for a setting that holds one.
        off_by_default: whether there is nothing at all where a study leaves it out.
    """

    shape: LeafShape | TableShape | KindsShape
    required: bool
    description: str
    applies_to: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    applies_from: Mapping[str, int] = field(default_factory=dict)
    own_table_only: bool = False
    default_kind: str | None = None
    off_by_default: bool = False


@dataclass(frozen=True)
class TableShape:
    """A table with named fields."""

    fields: Mapping[str, FieldShape]
    description: str


@dataclass(frozen=True)
class KindsShape:
    """A table that comes in kinds; each kind's fields leave out `kind` itself."""

    kinds: Mapping[str, TableShape]

    def kinds_with(self, setting: str) -> tuple[str, ...]:
        """The kinds that have a setting."""
        return tuple(kind for kind, table in self.kinds.items() if setting in table.fields)


@cache
def shape_of(model: type[BaseModel]) -> TableShape:
    """The shape of a model, `kind` left out, and what the model leaves out of its dumps."""
    fields = {name: _field(info) for name, info in model.model_fields.items() if name != "kind" and not info.exclude}
    return TableShape(fields, (model.__doc__ or "").strip())


def _field(info: FieldInfo) -> FieldShape:
    extra: dict[str, Any] = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    default = info.get_default(call_default_factory=True, validated_data={})
    return FieldShape(
        shape=_shape(info),
        required=info.is_required(),
        description=info.description or "",
        applies_to={table: tuple(kinds) for table, kinds in extra.get("applies_to", {}).items()},
        applies_from=dict(extra.get("applies_from", {})),
        own_table_only=bool(extra.get("own_table_only")),
        default_kind=default if isinstance(default, str) else getattr(default, "kind", None),
        off_by_default=default is None,
    )


def _shape(info: FieldInfo) -> LeafShape | TableShape | KindsShape:
    members = [member for member in _members(info.annotation) if isinstance(member, type)]
    models = [member for member in members if issubclass(member, BaseModel)]
    if len(models) > 1 or (models and "kind" in models[0].model_fields):
        return KindsShape({str(model.model_fields["kind"].default): shape_of(model) for model in models})
    if models:
        return shape_of(models[0])
    annotated: Any = Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
    number = next((member for member in members if member in (int, float)), None)
    many = any(get_origin(member) is tuple for member in _members(info.annotation))
    default = None if info.is_required() else info.get_default(call_default_factory=True, validated_data={})
    return LeafShape(TypeAdapter(annotated, config=_STRICT), number, many, default)


def _members(annotation: Any) -> list[Any]:
    """The members of a union, seen through `Annotated` and without None."""
    if get_origin(annotation) is Annotated:
        return _members(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [inner for member in get_args(annotation) for inner in _members(member)]
    return [] if annotation is type(None) else [annotation]
