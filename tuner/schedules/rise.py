"""The rise: a momentum that grows by equal steps up to a maximum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tuner.errors import HyperparameterError
from tuner.schedules.schedule import Curve
from tuner.schedules.setting import setting


@dataclass(frozen=True, kw_only=True)
class Rise(Curve):
    """Grows by `step` an epoch from its start to `maximum`, while the learning rate falls.

        value[e] = min(maximum, start + step e)

    Source:
        Rising momentum beside a falling rate: Sutskever et al. 2013, On the importance of initialization and momentum.
    """

    initial_setting: ClassVar[str] = "start"

    initial: float = setting("Value of the first epoch.", at_least=0, given="initial")
    maximum: float = setting("Value that the rise stops at.", at_least=0)
    step: float = setting("How much to add each epoch.", default=0.01, at_least=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.initial > self.maximum:
            raise HyperparameterError(
                f"must not be below the start {self.initial:g}, but is {self.maximum:g}", "maximum", "initial"
            )

    def value(self, epoch: int) -> float:
        return min(self.maximum, self.initial + self.step * epoch)
