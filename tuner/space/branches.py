"""The branches of a space: which parameters occur together, for each combination of kinds.

A setting that others go by, such as a loss that alone has a delta, counts as a kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tuner.space.choose import choose
from tuner.space.nodes import Choices, Range, Table, Value, deciding

Branch = Mapping[str, Range | Choices]
"""The searched parameters of some configurations, in the order in which they are chosen; a kind has a single choice."""


class _Path:
    """Goes one way through a space, and notes the turnings that it passes."""

    def __init__(self, kinds: Mapping[str, Value], deciding: frozenset[str]) -> None:
        self.kinds = dict(kinds)
        self.deciding = deciding
        self.met: dict[str, Range | Choices] = {}
        self.turnings: list[dict[str, Value]] = []

    def number(self, name: str, among: Range) -> int | float:
        self.met[name] = among
        return among.low

    def choice(self, name: str, among: Choices) -> Value:
        if name in self.deciding:
            if name not in self.kinds:
                self.turnings += [{**self.kinds, name: other} for other in among.values[1:]]
                self.kinds[name] = among.values[0]
            among = Choices((self.kinds[name],))
        self.met[name] = among
        return among.values[0]


def branches(space: Table) -> Iterator[Branch]:
    """Every branch of a space, once; a space without kinds has one."""
    waiting: list[dict[str, Value]] = [{}]
    turnings = deciding(space)
    while waiting:
        path = _Path(waiting.pop(0), turnings)
        choose(space, path)
        waiting += path.turnings
        yield path.met


def conditional(space: Table) -> tuple[str, ...]:
    """The parameters that only some configurations have, in the order in which they are met."""
    found = list(branches(space))
    every = dict.fromkeys(name for branch in found for name in branch)
    return tuple(name for name in every if any(name not in branch for branch in found))
