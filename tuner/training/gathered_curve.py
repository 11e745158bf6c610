"""The learning curve of a trial with members: each epoch is the mean over what the members came to in theirs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from tuner.hyperparameters import Direction
from tuner.training.job import EpochResult


class GatheredCurve:
    """What the members of a trial have reported, which may be at different epochs, and the curve of their means.

    An epoch of the curve is complete once every member has ended it or has ended for good. A member that has ended
    before it is carried forward with its last metrics; one that never had an epoch does not count.

    Attributes:
        members: each member's results, in the order of its epochs.
        reported: how many epochs of the curve have been told to the trial's observer.
    """

    def __init__(self, members: int) -> None:
        self.members: list[list[EpochResult]] = [[] for _ in range(members)]
        self.reported = 0
        self._ended: set[int] = set()

    def add(self, index: int, result: EpochResult) -> None:
        """A member has ended an epoch.

        If it is not the next one, the member has started over, and so the curve is told again from there on.
        """
        del self.members[index][result.epoch :]
        self.members[index].append(result)
        self.reported = min(self.reported, result.epoch)

    def end(self, indices: Iterable[int]) -> None:
        """Some members have ended for good, or will never begin."""
        self._ended.update(indices)

    @property
    def complete(self) -> int:
        """How many epochs are complete."""
        epochs = [len(results) for results in self.members]
        going_on = [count for index, count in enumerate(epochs) if index not in self._ended]
        return min(going_on) if going_on else max(epochs)

    def next(self, number: int) -> EpochResult:
        """The first epoch that is complete and not reported yet.

        The metrics are means. Learning rate and momentum are those of the first member, and the seconds are a sum: what
        the members took for this epoch, whether at the same time or one after another.

        Args:
            number: of the trial.
        """
        results = self._at(self.reported)
        new = [result for result in results if result.epoch == self.reported]
        latest = max(new, key=lambda result: result.lanes is not None)
        return replace(
            results[0],
            number=number,
            epoch=self.reported,
            metrics={name: mean([each.metrics[name] for each in results]) for name in results[0].metrics},
            seconds=sum(each.seconds for each in new),
            lanes=latest.lanes,
        )

    def best(self, metric: str, direction: Direction) -> int | None:
        """The first of the reported epochs whose mean of a metric is the best; None if no mean is finite."""
        sign = 1 if direction == "minimize" else -1
        means = [mean(self.values(epoch, metric)) for epoch in range(self.reported)]
        finite = [epoch for epoch, value in enumerate(means) if math.isfinite(value)]
        return min(finite, key=lambda epoch: sign * means[epoch], default=None)

    def values(self, epoch: int, metric: str) -> tuple[float, ...]:
        """A metric of each member in a complete epoch."""
        return tuple(result.metrics[metric] for result in self._at(epoch))

    def means(self, epoch: int) -> dict[str, float]:
        """Every metric's mean in a complete epoch."""
        return {name: mean(self.values(epoch, name)) for name in self._at(epoch)[0].metrics}

    def _at(self, epoch: int) -> list[EpochResult]:
        return [results[min(epoch, len(results) - 1)] for results in self.members if results]


def mean(values: Sequence[float]) -> float:
    """The arithmetic mean; not finite if a value is not.

    >>> mean([1.0, 4.0]), mean([1.0, math.inf])
    (2.5, inf)
    """
    return sum(values) / len(values)
