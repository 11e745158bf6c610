"""The power schedule: inverse-time decay and its relatives."""

from __future__ import annotations

from dataclasses import dataclass

from tuner.schedules.schedule import Curve
from tuner.schedules.setting import setting


@dataclass(frozen=True, kw_only=True)
class Power(Curve):
    """Falls quickly at first and ever more slowly.

        value[e] = initial / (1 + e / scale)^exponent

    Source:
        exponent = 1 is the classical inverse-time decay, Robbins & Monro 1951.
    """

    initial: float = setting("Value of the first epoch.", at_least=0, given="initial")
    scale: float = setting("Epochs until the value has halved when the exponent is 1.", default=10.0, above=0)
    exponent: float = setting("How steep: 1 is inverse-time decay, 0.5 the inverse square root.", default=1.0, above=0)

    def value(self, epoch: int) -> float:
        # A negative exponent runs out at zero where a huge divisor would overflow.
        return float(self.initial * (1 + epoch / self.scale) ** -self.exponent)
