"""The IIR schedule: a learning rate that decays like the impulse response of a recursive low-pass filter."""

from __future__ import annotations

from dataclasses import dataclass

from tuner.schedules.schedule import Curve
from tuner.schedules.setting import check_not_above, setting


@dataclass(frozen=True, kw_only=True)
class Iir(Curve):
    """A first-order infinite impulse response (IIR) filter on its way from the initial value to the minimum.

        value[e] = minimum + (initial - minimum) alpha^e

    which is the same as value[e] = alpha value[e-1] + (1 - alpha) minimum with value[0] = initial.

    Source:
        The first-order recursive low-pass filter, as in Oppenheim & Schafer, Discrete-Time Signal Processing.
    """

    initial: float = setting("Value of the first epoch.", at_least=0, given="initial")
    minimum: float = setting("Value that the decay approaches.", default=0.0, at_least=0)
    alpha: float = setting(
        "Memory of the filter: 1 never decays, 0 is at the minimum from the second epoch on.", at_least=0, at_most=1
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        check_not_above(self, "minimum", "initial")

    def value(self, epoch: int) -> float:
        return self.minimum + (self.initial - self.minimum) * self.alpha**epoch
