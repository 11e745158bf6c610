"""Optuna's median and percentile pruners for many trials at once."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from optuna.pruners import PercentilePruner
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from tuner.training.job import End

FIRST_ROOM = 64
"""Trials for which there is room at first; it doubles when it is full."""


class Percentiles:
    """Compares each running trial's best value so far with a percentile of the complete ones at the same epoch.

    Optuna's pruner looks through all finished trials for every verdict. Here the curves of the complete trials lie in
    one array, and there is one percentile for each epoch that a running trial has just ended.

    Source:
        optuna.pruners.PercentilePruner of Optuna 5.0, whose verdicts these are.
    """

    def __init__(self, pruner: PercentilePruner, direction: StudyDirection, epochs: int) -> None:
        """The verdicts of a pruner that this class can stand for.

        Args:
            pruner: the median's is a percentile pruner, too.
            direction: of the study's objective.
            epochs: the most epochs that a trial can have.
        """
        self._maximize = direction is StudyDirection.MAXIMIZE
        self._percentile = 100 - pruner._percentile if self._maximize else pruner._percentile
        self._startup_trials = max(1, pruner._n_startup_trials)
        self._warmup_epochs = pruner._n_warmup_steps
        self._curves: NDArray[np.float64] = np.full((epochs, FIRST_ROOM), np.nan)
        """[epochs, room for trials]: an epoch's values lie side by side; NaN where there is none."""
        self._complete = 0
        self._thresholds: dict[int, float] = {}

    @staticmethod
    def can_stand_for(pruner: PercentilePruner) -> bool:
        """Whether a pruner looks at every epoch and asks for no least number of values, as all of a study file do."""
        return pruner._interval_steps == 1 and pruner._n_min_trials == 1

    def learn(self, finished: Sequence[FrozenTrial]) -> None:
        """Take complete trials into the comparison; pruned ones are no part of it."""
        for trial in finished:
            if trial.state is TrialState.COMPLETE:
                self._learn(trial)

    def _learn(self, trial: FrozenTrial) -> None:
        room = self._curves.shape[1]
        if self._complete == room:
            self._curves = np.concatenate([self._curves, np.full_like(self._curves, np.nan)], axis=1)
        curve = self._curves[:, self._complete]
        if trial.intermediate_values:
            curve[list(trial.intermediate_values)] = list(trial.intermediate_values.values())
            if trial.user_attrs.get("outcome") == End.STOPPED_EARLY.value:
                last = max(trial.intermediate_values)
                curve[last + 1 :] = curve[last]
        self._complete += 1
        self._thresholds.clear()

    def should_prune(self, running: Sequence[FrozenTrial]) -> list[bool]:
        """Whether each trial's best value so far is worse than the percentile."""
        if self._complete < self._startup_trials:
            return [False] * len(running)
        return [self._verdict(trial) for trial in running]

    def _verdict(self, trial: FrozenTrial) -> bool:
        if not trial.intermediate_values:
            return False
        epoch = max(trial.intermediate_values)
        if epoch < self._warmup_epochs:
            return False
        values = [value for value in trial.intermediate_values.values() if not math.isnan(value)]
        if not values:
            return True
        # A comparison with NaN is false: where nothing can be compared, nothing is pruned.
        if self._maximize:
            return max(values) < self._threshold(epoch)
        return min(values) > self._threshold(epoch)

    def _threshold(self, epoch: int) -> float:
        """The percentile of the complete trials' values after an epoch; NaN if there is none."""
        if epoch not in self._thresholds:
            values = self._curves[epoch, : self._complete]
            values = values[~np.isnan(values)]
            with np.errstate(invalid="ignore"):  # between two infinities
                threshold = float(np.percentile(values, self._percentile)) if values.size else math.nan
            self._thresholds[epoch] = threshold
        return self._thresholds[epoch]

    def stopped_early(self, trial: FrozenTrial) -> None:
        """Nothing is kept in the storage; `learn` tells by a trial's outcome that it stopped early."""
