"""The one-cycle schedule: up to a peak, and down to an end value, once in a training."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from tuner.schedules.schedule import Curve
from tuner.schedules.setting import setting


@dataclass(frozen=True, kw_only=True)
class OneCycle(Curve):
    """Up to a peak and down again, once.

        peak = initial peak_factor        top = rise_share span

        value[e] = initial + (peak - initial) s(e / top)                   e < top
        value[e] = peak + (end - peak) s((e - top) / (span - top))         top <= e <= span, and `end` after that

    where s(x) = (1 - cos(pi x)) / 2 for the shape cosine, and x for linear. `top` need be no whole epoch. With a
    `peak_factor` below 1 the curve dips instead, as a momentum does while the rate rises.

    Source:
        Smith 2018, arXiv:1803.09820, section 4; with the cosine shape as fast.ai and PyTorch's OneCycleLR have it.
    """

    initial: float = setting("Value of the first epoch.", at_least=0, given="initial")
    peak_factor: float = setting(
        "The peak as a multiple of the first value; below 1 it is a dip.", default=10.0, above=0
    )
    end: float = setting("Value at the end of the span.", default=0.0, at_least=0)
    rise_share: float = setting("Share of the span until the peak.", default=0.3, above=0, below=1)
    shape: Literal["cosine", "linear"] = setting("How to get from one value to the next.", default="cosine")
    span: int = setting("Epochs until the end value; the last epoch if left out.", at_least=1, given="last_epoch")

    def value(self, epoch: int) -> float:
        peak, top = self.initial * self.peak_factor, self.rise_share * self.span
        if epoch < top:
            return self._between(self.initial, peak, epoch / top)
        return self._between(peak, self.end, min(1.0, (epoch - top) / (self.span - top)))

    def _between(self, first: float, last: float, share: float) -> float:
        way = share if self.shape == "linear" else (1 - math.cos(math.pi * share)) / 2
        # Weighted like this, rounding leaves the way between its two ends.
        return first * (1 - way) + last * way
