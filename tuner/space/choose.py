"""Choosing one configuration out of a space, with somebody else deciding each value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from tuner.space.nodes import Choices, Condition, Fixed, Kinds, Leaf, Node, Range, Table, Value, dotted


class Suggest(Protocol):
    """Who decides: a sampler, a random number generator, or a corner of the space."""

    def number(self, name: str, among: Range) -> int | float:
        """A number of the range."""

    def choice(self, name: str, among: Choices) -> Value:
        """One of the choices."""


def choose(space: Table, suggest: Suggest) -> dict[str, Any]:
    """One configuration as a plain tree, ready for `Hyperparameters.model_validate`.

    What does not apply to the configuration (a momentum beside Adagrad, another kind's settings) is not asked for.
    """
    return _table(space, suggest, "")


def _table(table: Table, suggest: Suggest, place: str) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    for name, node in table.entries.items():
        condition = table.applies.get(name)
        if condition is None or _holds(condition, chosen):
            chosen[name] = _node(node, suggest, dotted(place, name))
    return chosen


def _holds(condition: Condition, chosen: Mapping[str, Any]) -> bool:
    other = chosen.get(condition.table, condition.default)
    return condition.beside(other.get("kind", condition.default) if isinstance(other, Mapping) else other)


def _node(node: Node, suggest: Suggest, place: str) -> Any:
    if isinstance(node, Table):
        return _table(node, suggest, place)
    if isinstance(node, Kinds):
        return _kinds(node, suggest, place)
    return _leaf(node, suggest, place)


def _kinds(node: Kinds, suggest: Suggest, place: str) -> dict[str, Any]:
    kind = str(_leaf(node.kind, suggest, dotted(place, "kind")))
    chosen: dict[str, Any] = {"kind": kind}
    for name in node.uses.get(kind, ()):
        chosen[name] = _leaf(node.shared[name], suggest, dotted(place, name))
    for name, leaf in node.own.get(kind, {}).items():
        chosen[name] = _leaf(leaf, suggest, dotted(place, kind, name))
    return chosen


def _leaf(leaf: Leaf, suggest: Suggest, place: str) -> Value:
    if isinstance(leaf, Fixed):
        return leaf.value
    if isinstance(leaf, Range):
        return suggest.number(place, leaf)
    return suggest.choice(place, leaf)
