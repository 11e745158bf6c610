"""The cosine schedule: half a wave from the initial value to the minimum."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tuner.schedules.schedule import Curve
from tuner.schedules.setting import check_not_above, setting


@dataclass(frozen=True, kw_only=True)
class Cosine(Curve):
    """Half a cosine wave: slow, fast, slow.

        value[e] = minimum + (initial - minimum) (1 + cos(pi min(1, e / span))) / 2

    Source:
        Loshchilov & Hutter 2017, arXiv:1608.03983, without restarts.
    """

    initial: float = setting("Value of the first epoch.", at_least=0, given="initial")
    minimum: float = setting("Value at the end of the span.", default=0.0, at_least=0)
    span: int = setting("Epochs until the minimum; the last epoch if left out.", at_least=1, given="last_epoch")

    def __post_init__(self) -> None:
        super().__post_init__()
        check_not_above(self, "minimum", "initial")

    def value(self, epoch: int) -> float:
        share = min(1.0, epoch / self.span)
        return self.minimum + (self.initial - self.minimum) * (1 + math.cos(math.pi * share)) / 2
