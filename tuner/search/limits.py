"""What ends a search before its budget is spent: a target that is reached, no more progress, nothing more to try."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import optuna
from optuna.trial import FrozenTrial, TrialState

from tuner.hyperparameters import Direction
from tuner.search.front import first_value
from tuner.search.samplers import SeededSampler
from tuner.search.stop import StopReason
from tuner.search.trials import REPEATS
from tuner.study.search_settings import BudgetSettings

MOST_REPETITIONS = 50
"""After so many trials in a row that repeat another one, the sampler has nothing new to suggest."""


@dataclass
class Limits:
    """Watches a study's finished trials for a reason to stop.

    Attributes:
        budget: the limits that the study states.
        direction: which way the objective is better; of several the first, by which alone they go.
        best: the best value of a complete trial so far; None if there is none.
        stale: finished trials since then.
        repetitions: finished trials since the last one that was trained.
    """

    budget: BudgetSettings
    direction: Direction
    best: float | None = None
    stale: int = 0
    repetitions: int = 0

    def learn(self, finished: Sequence[FrozenTrial]) -> StopReason | None:
        """Take in trials that have become complete or pruned.

        Returns:
            Why to stop; None to go on.
        """
        for trial in finished:
            self.repetitions = self.repetitions + 1 if REPEATS in trial.user_attrs else 0
            value = first_value(trial) if trial.state is TrialState.COMPLETE else None
            if value is not None and self._is_better(value):
                self.best, self.stale = value, 0
            else:
                self.stale += 1
        target, patience = self.budget.target, self.budget.patience
        if target is not None and self.best is not None and self._sign * self.best <= self._sign * target:
            return StopReason.TARGET_REACHED
        if patience is not None and self.stale >= patience:
            return StopReason.NO_PROGRESS
        return None

    def left(self, study: optuna.Study) -> int | None:
        """How many more trials a study's sampler can suggest; None for no limit."""
        if self.repetitions >= MOST_REPETITIONS:
            return 0
        return study.sampler.left(study) if isinstance(study.sampler, SeededSampler) else None

    @property
    def _sign(self) -> int:
        return 1 if self.direction == "minimize" else -1

    def _is_better(self, value: float) -> bool:
        return self.best is None or self._sign * value < self._sign * self.best
