"""A space with the defaults of what a study leaves out: what a study means, and not only what its file says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from tuner.space.nodes import Fixed, Kinds, Leaf, Node, Table, dotted
from tuner.space.shape import FieldShape, KindsShape, LeafShape, TableShape, shape_of


def completed(space: Table, model: type[BaseModel]) -> Mapping[str, Leaf]:
    """Every leaf of a space by its dotted place, with the default where the study states none.

    Args:
        space: as a study states it.
        model: what one configuration is checked by, such as `Hyperparameters`.
    """
    return dict(_table(shape_of(model), space, ""))


def _table(shape: TableShape, table: Table, place: str) -> Iterator[tuple[str, Leaf]]:
    for name, field in shape.fields.items():
        yield from _field(field, table.entries.get(name), dotted(place, name))


def _field(field: FieldShape, node: Node | None, place: str) -> Iterator[tuple[str, Leaf]]:
    if isinstance(field.shape, LeafShape):
        if isinstance(node, (Table, Kinds)) or node is None:
            yield from _default(field.shape, place)
        else:
            yield place, node
    elif isinstance(field.shape, TableShape):
        if isinstance(node, Table):
            yield from _table(field.shape, node, place)
        elif not field.off_by_default:
            yield from _table(field.shape, Table({}), place)
    elif isinstance(node, Kinds):
        yield from _kinds(field.shape, node, place)
    elif field.default_kind is not None:
        yield from _kinds(field.shape, Kinds(Fixed(field.default_kind), {}, {}, {}), place)


def _kinds(shape: KindsShape, node: Kinds, place: str) -> Iterator[tuple[str, Leaf]]:
    yield dotted(place, "kind"), node.kind
    for name, leaf in node.shared.items():
        yield dotted(place, name), leaf
    for kind in node.names:
        own = node.own.get(kind, {})
        for name, leaf in own.items():
            yield dotted(place, kind, name), leaf
        table = place if isinstance(node.kind, Fixed) else dotted(place, kind)
        for name, field in shape.kinds[kind].fields.items():
            if name not in own and name not in node.uses.get(kind, ()) and isinstance(field.shape, LeafShape):
                yield from _default(field.shape, dotted(table, name))


def _default(shape: LeafShape, place: str) -> Iterator[tuple[str, Leaf]]:
    if shape.default is not None:
        yield place, Fixed(shape.default)
