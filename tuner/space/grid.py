"""A space as a grid: which points it has, and which number each of them bears."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping
from decimal import Decimal
from itertools import accumulate

from tuner.space.branches import branches
from tuner.space.nodes import Choices, Range, Table, Value

MOST_POINTS = 10_000
"""Values of one parameter; a grid tries all of them, and a study that wants more wants another sampler."""


def point_count(among: Range | Choices) -> int | None:
    """How many values a grid tries; None if they are endlessly many, or the steps of a logarithmic range unknown."""
    if isinstance(among, Choices):
        return len(among.values)
    if among.low == among.high:
        return 1
    step = among.step or (1 if among.integer and not among.log else None)
    return None if step is None else int((_exact(among.high) - _exact(among.low)) // _exact(step)) + 1


def points(among: Range | Choices) -> tuple[Value, ...]:
    """The values that a grid tries.

    >>> points(Range(0.0, 0.5, step=0.2)), points(Range(1, 3))
    ((0.0, 0.2, 0.4), (1, 2, 3))
    """
    if isinstance(among, Choices):
        return among.values
    count = point_count(among)
    assert count is not None, "the study file was checked for that"
    low, step = _exact(among.low), _exact(among.step or 1)
    numbers = [low + step * each for each in range(count)]
    return tuple(map(int, numbers)) if among.integer else tuple(map(float, numbers))


def _exact(number: float) -> Decimal:
    """A number as it is written; Optuna counts steps in the same way."""
    return Decimal(str(number))


class Grid:
    """Every configuration that a space of choices and steps can have, numbered from 0.

    Only what can occur counts: a momentum beside an optimizer without one makes no second point.

    Attributes:
        size: how many points there are.
    """

    def __init__(self, space: Table, *, named: Callable[[Value], Value] = lambda value: value) -> None:
        """A grid.

        Args:
            space: each of its ranges has `point_count` values, and not more than `MOST_POINTS`.
            named: what to call a choice, such as its name in the storage.
        """
        self._branches: list[Mapping[str, tuple[Value, ...]]] = []
        for branch in branches(space):
            self._branches.append(
                {
                    name: tuple(map(named, among.values)) if isinstance(among, Choices) else points(among)
                    for name, among in branch.items()
                }
            )
        sizes = [math.prod(map(len, axes.values())) for axes in self._branches]
        self._ends = list(accumulate(sizes))
        self._numbers = [
            {name: {_key(value): number for number, value in enumerate(values)} for name, values in axes.items()}
            for axes in self._branches
        ]
        self.size = self._ends[-1]

    def point(self, index: int) -> dict[str, Value]:
        """The parameters of a point, by name.

        Args:
            index: from 0 to one below the size.
        """
        branch = bisect_right(self._ends, index)
        rest = index - (self._ends[branch - 1] if branch else 0)
        chosen: dict[str, Value] = {}
        for name, values in reversed(list(self._branches[branch].items())):
            rest, number = divmod(rest, len(values))
            chosen[name] = values[number]
        return dict(reversed(list(chosen.items())))

    def index(self, parameters: Mapping[str, Value]) -> int | None:
        """The number of the point with these parameters; None if it is not of the grid."""
        for branch, numbers in enumerate(self._numbers):
            if numbers.keys() != parameters.keys():
                continue
            steps = [numbers[name].get(_key(parameters[name])) for name in numbers]
            if None in steps:
                continue
            index = 0
            for step, values in zip(steps, numbers.values(), strict=True):
                index = index * len(values) + (step or 0)
            return index + (self._ends[branch - 1] if branch else 0)
        return None


def _key(value: Value) -> Value:
    """A value as it is looked up: numbers that were computed in different ways differ in their last digits."""
    return float(format(value, ".12g")) if isinstance(value, float) else value
