"""What ends a search before its budget of trials is spent: time, a target that is reached, and no more progress."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from optuna.trial import FrozenTrial, TrialState

from tuner.hyperparameters import Direction
from tuner.search.stop import StopReason
from tuner.study.search_settings import BudgetSettings


@dataclass
class Limits:
    """Watches a study's finished trials for a reason to stop.

    Attributes:
        budget: the limits that the study states.
        direction: which way the objective is better.
        best: the best value of a complete trial so far; None if there is none.
        stale: finished trials since then.
    """

    budget: BudgetSettings
    direction: Direction
    best: float | None = None
    stale: int = 0

    def learn(self, finished: Sequence[FrozenTrial]) -> StopReason | None:
        """Take in trials that have become complete or pruned.

        Returns:
            Why to stop; None to go on.
        """
        for trial in finished:
            if trial.state is TrialState.COMPLETE and trial.value is not None and self._is_better(trial.value):
                self.best, self.stale = trial.value, 0
            else:
                self.stale += 1
        target, patience = self.budget.target, self.budget.patience
        if target is not None and self.best is not None and self._sign * self.best <= self._sign * target:
            return StopReason.TARGET_REACHED
        if patience is not None and self.stale >= patience:
            return StopReason.NO_PROGRESS
        return None

    @property
    def _sign(self) -> int:
        return 1 if self.direction == "minimize" else -1

    def _is_better(self, value: float) -> bool:
        return self.best is None or self._sign * value < self._sign * self.best
