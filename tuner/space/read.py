"""Reading a space out of a study file's `[hyperparameters]`, and naming every mistake in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from tuner.errors import Mistake, listed
from tuner.space.complaints import no_table, unknown
from tuner.space.findings import Findings
from tuner.space.nodes import AppliesFrom, AppliesTo, Choices, Condition, Fixed, Kinds, Node, Range, Table, dotted
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

    def _applies(self, shape: TableShape, entries: Mapping[str, Node], place: str) -> Mapping[str, Condition]:
        applies: dict[str, Condition] = {}
        for name in entries:
            for table, kinds in shape.fields[name].applies_to.items():
                default = shape.fields[table].default_kind or ""
                applies[name] = AppliesTo(table, frozenset(kinds), default)
                chosen = _kinds_or_values(entries.get(table), default)
                if not set(kinds) & set(chosen) and not self._in_doubt(shape, place, name, table):
                    self._found.mistake(
                        dotted(place, name),
                        f"applies to no {table} that may be chosen ({', '.join(chosen)}); it is for {listed(kinds)}",
                    )
            for setting, least in shape.fields[name].applies_from.items():
                default_size = _default_size(shape.fields[setting])
                applies[name] = AppliesFrom(setting, least, default_size)
                highest = _highest(entries.get(setting), default_size)
                if highest < least and not self._in_doubt(shape, place, name, setting):
                    problem = f"applies from {setting} = {least} on, but that is at most {highest}"
                    self._found.mistake(dotted(place, name), f"{problem}; raise that, or take this out")
        return applies

    def _in_doubt(self, shape: TableShape, place: str, name: str, other: str) -> bool:
        """Whether a setting, or the one that it goes by, is a mistake already."""
        others = self._leaves_in_doubt(shape, other) | self._found.kinds_in_doubt
        return dotted(place, name) in self._leaves_in_doubt(shape, name) or dotted(place, other) in others

    def _leaves_in_doubt(self, shape: TableShape, name: str) -> set[str]:
        return self._found.doubtful if isinstance(shape.fields[name].shape, LeafShape) else set()


def _kinds_or_values(node: Node | None, default: str) -> tuple[str, ...]:
    """What may be chosen of a table of kinds or of a setting; the default of one that is not stated."""
    if isinstance(node, Kinds):
        return node.names
    if isinstance(node, Choices):
        return tuple(map(str, node.values))
    return (str(node.value),) if isinstance(node, Fixed) else (default,)


def _default_size(field: FieldShape) -> int:
    """The default of a whole number."""
    assert isinstance(field.shape, LeafShape)
    assert isinstance(field.shape.default, int)
    return field.shape.default


def _highest(node: Node | None, default: int) -> int:
    """The largest value that a whole number may have; the default of one that is not stated."""
    if isinstance(node, Range):
        return int(node.high)
    if isinstance(node, Choices):
        return max(int(value) for value in node.values if isinstance(value, int))
    return int(node.value) if isinstance(node, Fixed) and isinstance(node.value, int) else default
