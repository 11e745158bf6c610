"""Cosine with warm restarts: one cosine wave after another, each from the top again."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tuner.schedules.schedule import Curve
from tuner.schedules.setting import check_not_above, setting


@dataclass(frozen=True, kw_only=True)
class CosineRestarts(Curve):
    """Half a cosine wave after another (SGDR), each longer than the one before by a factor.

        value[e] = minimum + (initial - minimum) decay^i (1 + cos(pi t / length)) / 2

    where i counts the restarts up to epoch e, length = period growth^i is how long the present wave is, and t how many
    epochs of it have passed. So waves begin at epochs 0, period, period (1 + growth), ..., and the last epoch before
    a restart is just above the minimum.

    Source:
        Loshchilov & Hutter 2017, arXiv:1608.03983; keras.optimizers.schedules.CosineDecayRestarts, counted in epochs
        instead of steps (growth is its t_mul, decay its m_mul).
    """

    initial: float = setting("Value of the first epoch.", at_least=0, given="initial")
    minimum: float = setting("Value that each wave falls towards.", default=0.0, at_least=0)
    period: int = setting("Epochs of the first wave.", default=10, at_least=1)
    growth: int = setting("How many times as long as the one before each next wave is.", default=2, at_least=1)
    decay: float = setting(
        "How high above the minimum a wave begins, as a share of the one before.", default=1.0, above=0, at_most=1
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        check_not_above(self, "minimum", "initial")

    def value(self, epoch: int) -> float:
        restarts, passed, length = self._wave(epoch)
        wave = (1 + math.cos(math.pi * passed / length)) / 2
        return self.minimum + (self.initial - self.minimum) * self.decay**restarts * wave

    def _wave(self, epoch: int) -> tuple[int, int, int]:
        """How many restarts came before, how many epochs of the present wave have passed, and how long it is."""
        if self.growth == 1:
            return *divmod(epoch, self.period), self.period
        restarts, length = 0, self.period
        while epoch >= length:
            epoch -= length
            length *= self.growth
            restarts += 1
        return restarts, epoch, length
