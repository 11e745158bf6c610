"""What the regrets of many searches come to, and whether those of two samplers differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import wilcoxon

from scripts.bench.samplers_parts.searches import NOISE

RESAMPLES = 4000


@dataclass(frozen=True)
class Quartiles:
    """The middle of many regrets."""

    lower: float
    median: float
    upper: float

    @classmethod
    def of(cls, regrets: Sequence[float]) -> Quartiles:
        return cls(*(float(value) for value in np.percentile(regrets, [25, 50, 75])))


@dataclass(frozen=True)
class Difference:
    """How one sampler's regrets compare with another's, pair by pair: the same objective, the same seed.

    Attributes:
        pairs: how many there are.
        ratio: geometric mean of the regrets' ratios; below 1 is better than the other. To each regret the noise is
            added: what is smaller than that no sampler can see.
        low, high: the bounds of that mean's 95 % interval, by a bootstrap over the pairs of each objective.
        better: share of the pairs in which it is less; half of those that are equal.
        p: of Wilcoxon's signed-rank test, in which both are equally good; 1 if all pairs are equal.
    """

    pairs: int
    ratio: float
    low: float
    high: float
    better: float
    p: float

    @classmethod
    def of(cls, regrets: Mapping[str, Sequence[float]], others: Mapping[str, Sequence[float]]) -> Difference:
        """The difference between two samplers' regrets, by objective and in the order of the seeds."""
        logs = [
            np.log(np.asarray(regrets[objective]) + NOISE) - np.log(np.asarray(others[objective]) + NOISE)
            for objective in regrets
        ]
        every = np.concatenate(logs)
        random = np.random.RandomState(0)
        means = [np.concatenate([random.choice(each, len(each)) for each in logs]).mean() for _ in range(RESAMPLES)]
        low, high = np.exp(np.percentile(means, [2.5, 97.5]))
        return cls(
            pairs=len(every),
            ratio=float(np.exp(every.mean())),
            low=float(low),
            high=float(high),
            better=float(np.mean((every < 0) + (every == 0) / 2)),
            p=float(wilcoxon(every).pvalue) if np.any(every) else 1.0,
        )

    @property
    def in_words(self) -> str:
        """What the interval says, and no more than that."""
        if self.low > 1:
            return f"worse, by {self.low - 1:.0%} at least"
        if self.high < 1:
            return f"better, by {1 - self.high:.0%} at least"
        return f"no difference seen; at most {self.high - 1:.0%} worse"
