"""The warm-up: a straight rise in front of any curve."""

from __future__ import annotations

from dataclasses import dataclass

from tuner.schedules.schedule import Curve
from tuner.schedules.setting import setting


@dataclass(frozen=True, kw_only=True)
class Warmup(Curve):
    """A straight line up to where a curve begins, and then the curve.

        value[e] = curve[0] (start_share + (1 - start_share) e / epochs)        e < epochs
        value[e] = curve[e - epochs]                                            from then on

    So the first epoch trains at curve[0] start_share, and epoch number `epochs` is the curve's first. A plateau lies on
    top of both.

    Source:
        Gradual warm-up: Goyal et al. 2017, arXiv:1706.02677, section 2.2; in front of the decay as Keras' CosineDecay
        has it with a `warmup_target`.
    """

    curve: Curve
    epochs: int = setting("Epochs of the rise, before the schedule begins.", default=5, at_least=1)
    start_share: float = setting(
        "The first epoch's value as a share of the curve's.", default=0.1, at_least=0, at_most=1
    )

    def value(self, epoch: int) -> float:
        if epoch >= self.epochs:
            return self.curve.value(epoch - self.epochs)
        return self.curve.value(0) * (self.start_share + (1 - self.start_share) * epoch / self.epochs)
