"""The branches of a space: which parameters occur together, for each combination of kinds.

A setting that others go by, such as a loss that alone has a delta, counts as a kind.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from tuner.space.choose import choose
from tuner.space.nodes import Choices, Range, Table, Value, deciding, thresholds

Branch = Mapping[str, Range | Choices]
"""The searched parameters of some configurations, in the order in which they are chosen; a kind has a single choice,
and a size from which on there is more has the part of its range for which that is the same."""


class _Path:
    """Goes one way through a space, and notes the turnings that it passes."""

    def __init__(
        self, kinds: Mapping[str, Value], deciding: frozenset[str], thresholds: Mapping[str, Sequence[int]]
    ) -> None:
        self.kinds = dict(kinds)
        self.deciding = deciding
        self.thresholds = thresholds
        self.met: dict[str, Range | Choices] = {}
        self.turnings: list[dict[str, Value]] = []

    def number(self, name: str, among: Range) -> int | float:
        if name in self.thresholds:
            parts: dict[Value, Range] = {part.low: part for part in _parts(among, self.thresholds[name])}
            if name not in self.kinds:
                lowest, *others = parts
                self.turnings += [{**self.kinds, name: low} for low in others]
                self.kinds[name] = lowest
            among = parts[self.kinds[name]]
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


def _parts(among: Range, thresholds: Sequence[int]) -> Iterator[Range]:
    """A range of whole numbers, cut where something begins to apply; every value is in one part.

    >>> [(part.low, part.high) for part in _parts(Range(1, 6), [2, 4, 9])]
    [(1, 1), (2, 3), (4, 6)]
    >>> [(part.low, part.high) for part in _parts(Range(1, 8, step=3), [2, 3, 5])]
    [(1, 1), (4, 4), (7, 7)]
    """
    low, high, step = int(among.low), int(among.high), int(among.step or 1)
    high -= (high - low) % step
    begins = {low + max(0, math.ceil((each - low) / step)) * step for each in thresholds}
    lows = [low, *sorted(begin for begin in begins if low < begin <= high)]
    for begin, end in zip(lows, [*lows[1:], high + step], strict=True):
        yield replace(among, low=begin, high=end - step)


def branches(space: Table) -> Iterator[Branch]:
    """Every branch of a space, once; a space without kinds has one."""
    waiting: list[dict[str, Value]] = [{}]
    turnings, sizes = deciding(space), thresholds(space)
    while waiting:
        path = _Path(waiting.pop(0), turnings, sizes)
        choose(space, path)
        waiting += path.turnings
        yield path.met


def conditional(space: Table) -> tuple[str, ...]:
    """The parameters that only some configurations have, in the order in which they are met."""
    found = list(branches(space))
    every = dict.fromkeys(name for branch in found for name in branch)
    return tuple(name for name in every if any(name not in branch for branch in found))
