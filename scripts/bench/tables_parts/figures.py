"""What the scores of several splits come to, and who is better than whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Literal

LESS_IS_BETTER = {"balanced_accuracy": False, "accuracy": False, "rmse": True, "mae": True}


@dataclass(frozen=True)
class Spread:
    """Scores over the splits.

    Attributes:
        mean: of them.
        stddev: their standard deviation, as a sample's; None if there is only one.
    """

    mean: float
    stddev: float | None

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        return cls(fmean(values), stdev(values) if len(values) > 1 else None)


@dataclass(frozen=True)
class Paired:
    """How one predictor compares with another, split by split.

    Attributes:
        differences: in the measure's unit, one for each split; above 0 where the first one is better.
    """

    differences: tuple[float, ...]

    @classmethod
    def of(cls, ours: Sequence[float], theirs: Sequence[float], measure: str) -> Paired:
        sign = -1 if LESS_IS_BETTER[measure] else 1
        return cls(tuple(sign * (our - their) for our, their in zip(ours, theirs, strict=True)))

    @property
    def spread(self) -> Spread:
        return Spread.of(self.differences)

    @property
    def wins(self) -> int:
        """Splits in which the first one is better."""
        return sum(each > 0 for each in self.differences)

    @property
    def losses(self) -> int:
        """Splits in which it is worse."""
        return sum(each < 0 for each in self.differences)

    @property
    def verdict(self) -> Literal["win", "loss", "tie"]:
        """What the mean difference is, however small: nothing is called a tie that is not exactly one."""
        mean = self.spread.mean
        return "win" if mean > 0 else "loss" if mean < 0 else "tie"
