"""The linear schedule: a straight line to an end value, or equal steps down to it."""

from __future__ import annotations

from dataclasses import dataclass

from tuner.errors import HyperparameterError
from tuner.schedules.schedule import Curve
from tuner.schedules.setting import setting


@dataclass(frozen=True, kw_only=True)
class Linear(Curve):
    """A straight line that reaches `end` after `span` epochs, or a fall of `decrement` every `every` epochs.

    value[e] = initial + (end - initial) min(1, e / span)                  the line
    value[e] = max(end, initial - decrement floor(e / every))              with a decrement
    """

    initial: float = setting("Value of the first epoch.", at_least=0, given="initial")
    end: float = setting("Value at the end; with a decrement, the value never gone below.", default=0.0, at_least=0)
    span: int = setting("Epochs until the end value; the last epoch if left out.", at_least=1, given="last_epoch")
    decrement: float | None = setting("How much to take off at a time, instead of a line.", default=None, at_least=0)
    every: int = setting("Epochs between two decrements.", default=1, at_least=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.decrement is not None and self.end > self.initial:
            raise HyperparameterError(
                f"must not exceed the initial value {self.initial:g} when there is a decrement, but is {self.end:g}",
                "end",
                "initial",
            )

    def value(self, epoch: int) -> float:
        if self.decrement is not None:
            return max(self.end, self.initial - self.decrement * (epoch // self.every))
        return self.initial + (self.end - self.initial) * min(1.0, epoch / self.span)
