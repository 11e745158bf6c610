"""The exponential schedule: multiplied by a constant factor every so many epochs."""

from __future__ import annotations

from dataclasses import dataclass

from tuner.schedules.schedule import Curve
from tuner.schedules.setting import check_not_above, setting


@dataclass(frozen=True, kw_only=True)
class Exponential(Curve):
    """Multiplied by `rate` over every `every` epochs, smoothly or in stairs, never below the minimum.

        value[e] = max(minimum, initial rate^(e / every))              smooth
        value[e] = max(minimum, initial rate^floor(e / every))         staircase

    Source:
        Keras' ExponentialDecay, counted in epochs instead of steps.
    """

    initial: float = setting("Value of the first epoch.", at_least=0, given="initial")
    rate: float = setting("Factor for every `every` epochs.", above=0, at_most=1)
    every: int = setting("Epochs over which the factor acts once.", default=1, at_least=1)
    minimum: float = setting("Value that the decay never goes below.", default=0.0, at_least=0)
    staircase: bool = setting("Fall in stairs instead of smoothly.", default=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_not_above(self, "minimum", "initial")

    def value(self, epoch: int) -> float:
        exponent = epoch // self.every if self.staircase else epoch / self.every
        return max(self.minimum, self.initial * self.rate**exponent)
