"""Choosing with Optuna: each leaf of the space becomes a parameter of the trial, named by its dotted place."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import optuna

from tuner.space import Choices, Range
from tuner.space.nodes import Scalar, Value


class TrialSuggest:
    """Lets a trial's sampler decide."""

    def __init__(self, trial: optuna.trial.BaseTrial) -> None:
        self._trial = trial

    def number(self, name: str, among: Range) -> int | float:
        """A number of the range, as the sampler suggests."""
        if among.integer:
            step = int(among.step or 1)
            high = int(among.low + (among.high - among.low) // step * step)
            return self._trial.suggest_int(name, int(among.low), high, step=step, log=among.log)
        if among.step is None:
            return self._trial.suggest_float(name, among.low, among.high, log=among.log)
        return self._trial.suggest_float(name, among.low, _last_step(among), step=among.step)

    def choice(self, name: str, among: Choices) -> Value:
        """One of the choices, as the sampler suggests; the storage knows it by its name."""
        named: dict[Any, Value] = {choice_name(value): value for value in among.values}
        return named[self._trial.suggest_categorical(name, list(named))]


def choice_name(value: Value) -> Scalar:
    """What the storage calls a choice: the value itself, and a list by its JSON text.

    >>> choice_name("relu"), choice_name((10, 20))
    ('relu', '[10, 20]')
    """
    return json.dumps(list(value)) if isinstance(value, tuple) else value


def _last_step(among: Range) -> float:
    """The highest number that a float range's steps reach, in decimal arithmetic as Optuna counts."""
    low, high, step = (Decimal(str(number)) for number in (among.low, among.high, among.step))
    return float(low + (high - low) // step * step)
