"""Reading a space out of a study file's `[hyperparameters]`, and naming every mistake in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from tuner.errors import Mistake, listed
from tuner.space.complaints import no_table, unknown
from tuner.space.findings import Findings
from tuner.space.nodes import AppliesTo, Choices, Fixed, Kinds, Node, Table, dotted
from tuner.space.read_kinds import KindsReader
from tuner.space.read_leaf import LeafReader
from tuner.space.shape import FieldShape, KindsShape, LeafShape, TableShape, shape_of


def read_space(model: type[BaseModel], raw: Any, place: str) -> tuple[Table, list[Mistake], set[str]]:
    """The space that a table of a study file describes.

    Args:
        model: what one configuration is checked by, such as `Hyperparameters`.
        raw: the table as the file states it.
        place: the table's place in the file, for the mistakes.
    Returns:
        The space, with something harmless in the place of each mistake; the mistakes; and the settings which are in
        doubt by them, by their places in a configuration (`optimizer.momentum`, whichever kind's table states it).
    """
    found = Findings()
    space = _TableReader(found).read(shape_of(model), raw, place)
    return space, found.mistakes, found.doubtful


class _TableReader:
    def __init__(self, found: Findings) -> None:
        self._found = found
        self._leaf = LeafReader(found)
        self._kinds = KindsReader(found, self._leaf)

    def read(self, shape: TableShape, raw: Any, place: str) -> Table:
        if not isinstance(raw, Mapping):
            self._found.mistake(place, no_table(raw, list(shape.fields)))
            self._found.doubtful.add(place)
            return Table({})
        for name in raw:
            if name not in shape.fields:
                self._found.mistake(dotted(place, name), unknown(name, list(shape.fields)))
        misspelt = self._found.misspelt(raw, list(shape.fields), place)
        entries: dict[str, Node] = {}
        for name, field in shape.fields.items():
            if name in raw:
                node = self._node(field, raw[name], dotted(place, name))
                if node is not None:
                    entries[name] = node
            elif field.required and name not in misspelt:
                self._found.mistake(dotted(place, name), "is missing")
        return Table(entries, self._applies(shape, entries, place))

    def _node(self, field: FieldShape, raw: Any, place: str) -> Node | None:
        if isinstance(field.shape, TableShape):
            return self.read(field.shape, raw, place)
        if isinstance(field.shape, KindsShape):
            return self._kinds.read(field.shape, raw, place)
        return self._leaf.read(field.shape, raw, place)

    def _applies(self, shape: TableShape, entries: Mapping[str, Node], place: str) -> Mapping[str, AppliesTo]:
        applies: dict[str, AppliesTo] = {}
        for name in entries:
            for table, kinds in shape.fields[name].applies_to.items():
                default = shape.fields[table].default_kind or ""
                applies[name] = AppliesTo(table, frozenset(kinds), default)
                chosen = _kinds_or_values(entries.get(table), default)
                in_doubt = dotted(place, name) in self._leaves_in_doubt(shape, name)
                in_doubt |= dotted(place, table) in (self._leaves_in_doubt(shape, table) | self._found.kinds_in_doubt)
                if not applies[name].kinds & set(chosen) and not in_doubt:
                    self._found.mistake(
                        dotted(place, name),
                        f"applies to no {table} that may be chosen ({', '.join(chosen)}); it is for {listed(kinds)}",
                    )
        return applies

    def _leaves_in_doubt(self, shape: TableShape, name: str) -> set[str]:
        return self._found.doubtful if isinstance(shape.fields[name].shape, LeafShape) else set()


def _kinds_or_values(node: Node | None, default: str) -> tuple[str, ...]:
    """What may be chosen of a table of kinds or of a setting; the default of one that is not stated."""
    if isinstance(node, Kinds):
        return node.names
    if isinstance(node, Choices):
        return tuple(map(str, node.values))
    return (str(node.value),) if isinstance(node, Fixed) else (default,)
