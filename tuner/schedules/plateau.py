"""The plateau: any other schedule, scaled down each time the watched metric has stopped improving."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

from tuner.schedules.schedule import Schedule, State
from tuner.schedules.setting import setting


class PlateauState(NamedTuple):
    """What a plateau remembers between epochs.

    Attributes:
        curve: the state of the schedule underneath.
        best: the best metric seen, lower being better; infinity before the first epoch.
        waited: epochs since the best one, or since the last reduction.
        cooling: epochs of cooldown that are left.
        reductions: how often the value has been scaled down.
    """

    curve: State
    best: float
    waited: int
    cooling: int
    reductions: int


@dataclass(frozen=True, kw_only=True)
class Plateau(Schedule):
    """ReduceLROnPlateau on top of any schedule: it scales the curve, and neither overwrites the other.

        value[e] = max(minimum, curve[e] factor^reductions)

    where `reductions` grows by one when the metric has not improved by more than `min_delta` for `patience` epochs.
    A curve that is below the minimum by itself is left alone.

    Source:
        keras.callbacks.ReduceLROnPlateau, with which the decisions agree epoch by epoch.
    """

    curve: Schedule
    patience: int = setting("Epochs without improvement before the value is scaled down.", default=10, at_least=1)
    factor: float = setting("What the value is multiplied by.", default=0.1, above=0, below=1)
    cooldown: int = setting("Epochs to wait after a reduction before counting again.", default=0, at_least=0)
    min_delta: float = setting("How much better the metric must be to count.", default=1e-4, at_least=0)
    minimum: float = setting("Value that reductions never go below.", default=0.0, at_least=0)
    direction: Literal["minimize", "maximize"] = setting(
        "Which way the watched metric is better.", default="minimize", given="direction"
    )

    def start(self) -> PlateauState:
        return PlateauState(self.curve.start(), math.inf, 0, 0, 0)

    def advance(self, state: State, epoch: int, metric: float | None) -> tuple[float, PlateauState]:
        curve_value, curve_state = self.curve.advance(state.curve, epoch, metric)
        watched = state if metric is None else self._watch(state, curve_value, metric)
        value = max(min(self.minimum, curve_value), curve_value * self.factor**watched.reductions)
        return value, watched._replace(curve=curve_state)

    def _watch(self, state: PlateauState, curve_value: float, metric: float) -> PlateauState:
        loss = metric if self.direction == "minimize" else -metric
        cooling, waited = (state.cooling - 1, 0) if state.cooling else (0, state.waited)
        if loss < state.best - self.min_delta:
            return state._replace(best=loss, waited=0, cooling=cooling)
        if cooling:
            return state._replace(waited=waited, cooling=cooling)
        waited += 1
        if waited < self.patience:
            return state._replace(waited=waited, cooling=cooling)
        if curve_value * self.factor**state.reductions <= self.minimum:
            return state._replace(waited=waited, cooling=cooling)
        return state._replace(waited=0, cooling=self.cooldown, reductions=state.reductions + 1)
