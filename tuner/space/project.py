"""Projecting a configuration from elsewhere onto a space: what of it the space can say, and as near as it can."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from tuner.space.nodes import AppliesTo, Choices, Fixed, Kinds, Leaf, Node, Range, Table, Value, dotted

Point = Mapping[str, Any]
"""A tree of plain values, as a study file would state it; it may leave out any setting.

Where a table comes in kinds, a point may have a list of tables: the first one whose kind the space has is meant.
"""


def project(point: Point, space: Table) -> dict[str, Value]:
    """The searched values by which a space comes nearest to a point.

    What the space fixes stays as it is. A number is moved into its range and onto its steps; a choice is taken if the
    space has it. Everything else is left out and thus left to a sampler: what the point does not state, what the space
    does not have, and all settings of a table whose kind the space does not have.

    Args:
        point: where to start; a name that is unknown to the space does no harm.
        space: what is searched.
    Returns:
        Values by the dotted names of their parameters.
    """
    return _table(point, space, "")


def _table(point: Point, table: Table, place: str) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name, node in table.entries.items():
        applies = table.applies.get(name)
        if isinstance(applies, AppliesTo) and _kind(point.get(applies.table), table.entries.get(applies.table)) is None:
            continue  # it goes with a kind of another table, and which one that will be is not known
        if name in point:
            found |= _node(point[name], node, dotted(place, name))
    return found


def _kind(stated: Any, node: Node | None) -> Point | None:
    """The first of the stated tables whose kind a space has; any kind where the space leaves the table out."""
    tables = stated if isinstance(stated, Sequence) else [stated]
    for table in tables:
        if isinstance(table, Mapping) and (not isinstance(node, Kinds) or table.get("kind") in node.names):
            return table
    return {} if stated is None and not isinstance(node, Kinds) else None


def _node(stated: Any, node: Node, place: str) -> dict[str, Value]:
    if isinstance(node, Table):
        return _table(stated, node, place) if isinstance(stated, Mapping) else {}
    if isinstance(node, Kinds):
        table = _kind(stated, node)
        return {} if table is None else _of_kind(table, node, place)
    return _leaf(stated, node, place)


def _of_kind(table: Point, node: Kinds, place: str) -> dict[str, Value]:
    kind = str(table["kind"])
    leaves = {dotted(place, name): (name, node.shared[name]) for name in node.uses.get(kind, ())}
    leaves |= {dotted(place, kind, name): (name, leaf) for name, leaf in node.own.get(kind, {}).items()}
    found = _leaf(kind, node.kind, dotted(place, "kind"))
    for parameter, (name, leaf) in leaves.items():
        if name in table:
            found |= _leaf(table[name], leaf, parameter)
    return found


def _leaf(stated: Any, leaf: Leaf, place: str) -> dict[str, Value]:
    if isinstance(leaf, Fixed):
        return {}
    value = _number(stated, leaf) if isinstance(leaf, Range) else _choice(stated, leaf)
    return {} if value is None else {place: value}


def _choice(stated: Any, among: Choices) -> Value | None:
    value = tuple(stated) if isinstance(stated, list) else stated
    for choice in among.values:
        if choice == value and isinstance(choice, bool) is isinstance(value, bool):
            return choice
    return None


def _number(stated: Any, among: Range) -> int | float | None:
    if isinstance(stated, bool) or not isinstance(stated, (int, float)):
        return None
    inside = min(among.high, max(among.low, stated))
    step = among.step or (1 if among.integer else None)
    if step is None:
        return float(inside)
    # In decimal arithmetic, as Optuna counts: 0.1 + 2 * 0.1 has to be 0.3.
    low, high, distance, value = (Decimal(str(number)) for number in (among.low, among.high, step, inside))
    steps = min(round((value - low) / distance), int((high - low) // distance))
    nearest = low + steps * distance
    return int(nearest) if among.integer else float(nearest)
