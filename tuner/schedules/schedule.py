"""What a schedule is: a number per epoch, as a pure function that is handed its state and hands it back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from tuner.schedules.setting import check_settings

State = Any
"""Whatever a schedule must remember between epochs. It is a plain value: it can be stored and compared."""


@dataclass(frozen=True, kw_only=True)
class Schedule(ABC):
    """A number per epoch: a learning rate, a momentum, the strength of a noise.

    A schedule is immutable. What changes while a trial trains is its state, which is handed in and handed back, so
    that one schedule can serve many trials and a stopped trial can go on from a stored state.
    """

    initial_setting: ClassVar[str] = "initial"
    """The setting that holds the value of the first epoch."""

    def __post_init__(self) -> None:
        check_settings(self)

    @abstractmethod
    def start(self) -> State:
        """The state before the first epoch."""

    @abstractmethod
    def advance(self, state: State, epoch: int, metric: float | None) -> tuple[float, State]:
        """The value to train this epoch with, and the state for the next call.

        Args:
            state: from `start` or from the call for the epoch before.
            epoch: counted from 0; every epoch is asked for once, in order.
            metric: the watched metric after the epoch before; None in epoch 0.
        """


@dataclass(frozen=True, kw_only=True)
class Curve(Schedule):
    """A schedule that depends on nothing but the epoch."""

    @abstractmethod
    def value(self, epoch: int) -> float:
        """The value at an epoch, counted from 0."""

    def start(self) -> State:
        return None

    def advance(self, state: State, epoch: int, metric: float | None) -> tuple[float, State]:
        del state, metric
        return self.value(epoch), None


def values(schedule: Schedule, epochs: int, metrics: Iterator[float] | None = None) -> list[float]:
    """A schedule's first values, for plots and tests.

    Args:
        schedule: any schedule.
        epochs: how many values.
        metrics: the watched metric after each epoch; left out, the metric never improves.
    Returns:
        One value for each epoch, the first one for epoch 0.
    """
    drawn: list[float] = []
    state = schedule.start()
    metric: float | None = None
    for epoch in range(epochs):
        value, state = schedule.advance(state, epoch, metric)
        drawn.append(value)
        metric = next(metrics) if metrics is not None else 0.0
    return drawn
