"""The constant schedule."""

from __future__ import annotations

from dataclasses import dataclass

from tuner.schedules.schedule import Curve
from tuner.schedules.setting import setting


@dataclass(frozen=True, kw_only=True)
class Constant(Curve):
    """The same value in every epoch.

    value[e] = initial
    """

    initial: float = setting("Value of every epoch.", at_least=0, given="initial")

    def value(self, epoch: int) -> float:
        return self.initial
