"""Successive halving and Hyperband for many trials at once."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from typing import TypeAlias

import optuna
from optuna.pruners import BasePruner, HyperbandPruner, SuccessiveHalvingPruner
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial

from tuner.search.rows import RUNG

Reached: TypeAlias = dict[tuple[int, int], list[float]]
"""What trials had come to when they reached a rung: sorted values by bracket and rung."""


class Rungs:
    """The verdicts of Optuna's successive halving or Hyperband, at a cost that a hundred lanes can bear.

    Optuna notes the rungs that a trial has reached, and its values there, with the trial in the storage, where all
    workers see them, and compares each trial with all others. Here the others are looked through once for all running
    trials, and only in an epoch in which one of these reaches a rung.

    Sources: optuna/pruners/_successive_halving.py and _hyperband.py of Optuna 5; Li et al. 2020, arXiv:1810.05934.
    """

    def __init__(self, pruner: BasePruner, study: optuna.Study, epochs: int) -> None:
        """The verdicts of a pruner.

        Args:
            pruner: one that `can_stand_for` accepts.
            study: whose trials it compares.
            epochs: the most epochs that a trial can have.
        """
        self._pruner = pruner
        self._study = study
        self._epochs = epochs
        self._brackets: dict[int, int] = {}

    @staticmethod
    def can_stand_for(pruner: BasePruner) -> bool:
        """Whether a pruner's verdicts are given here: those of every pruner that a study file can state."""
        if isinstance(pruner, HyperbandPruner):
            return bool(pruner._pruners) and all(Rungs.can_stand_for(each) for each in pruner._pruners)
        if not isinstance(pruner, SuccessiveHalvingPruner):
            return False
        return pruner._min_resource is not None and pruner._bootstrap_count == 0

    def learn(self, finished: Sequence[FrozenTrial]) -> None:
        """Nothing is learnt: what is compared is in the storage."""

    def should_prune(self, running: Sequence[FrozenTrial]) -> list[bool]:
        """The pruner's verdicts, one trial after another; each is compared with what the ones before have come to."""
        at_rung = [trial for trial in running if trial.last_step is not None and self._is_at_rung(trial)]
        reached = self._reached() if at_rung else {}
        worse = {trial._trial_id for trial in at_rung if self._ends(trial, _last(trial), trial.last_step, reached)}
        return [trial._trial_id in worse for trial in running]

    def stopped_early(self, trial: FrozenTrial) -> None:
        """Note a trial on every rung that it would have reached with its last value.

        So it is a part of the comparison there, as one that went on would be.
        """
        if trial.last_step is not None:
            self._ends(trial, _last(trial), self._epochs - 1, self._reached())

    def _reached(self) -> Reached:
        """What all trials of the study have come to at their rungs, whoever trains them and however they ended."""
        reached: Reached = {}
        for trial in self._study._storage.get_all_trials(self._study._study_id, deepcopy=False):
            for rung in range(_rungs(trial)):
                reached.setdefault((self._bracket(trial), rung), []).append(trial.system_attrs[f"{RUNG}{rung}"])
        for values in reached.values():
            values.sort()
        return reached

    def _bracket(self, trial: FrozenTrial) -> int:
        if not isinstance(self._pruner, HyperbandPruner):
            return 0
        if trial.number not in self._brackets:
            self._brackets[trial.number] = self._pruner._get_bracket_id(self._study, trial)
        return self._brackets[trial.number]

    def _halving(self, trial: FrozenTrial) -> SuccessiveHalvingPruner:
        pruner = self._pruner
        halving = pruner._pruners[self._bracket(trial)] if isinstance(pruner, HyperbandPruner) else pruner
        assert isinstance(halving, SuccessiveHalvingPruner)
        return halving

    def _step_of(self, trial: FrozenTrial, rung: int) -> int:
        """The step at which a trial reaches a rung."""
        halving = self._halving(trial)
        assert halving._min_resource is not None
        return int(halving._min_resource * halving._reduction_factor ** (halving._min_early_stopping_rate + rung))

    def _is_at_rung(self, trial: FrozenTrial) -> bool:
        return trial.last_step is not None and trial.last_step >= self._step_of(trial, _rungs(trial))

    def _ends(self, trial: FrozenTrial, value: float, step: int | None, reached: Reached) -> bool:
        """Note a trial's value on the rungs up to a step, as far as it is promoted.

        Returns:
            Whether it was not promoted from one of them.
        """
        assert step is not None
        rung = _rungs(trial)
        while step >= self._step_of(trial, rung):
            if math.isnan(value):
                return True
            self._study._storage.set_trial_system_attr(trial._trial_id, f"{RUNG}{rung}", value)
            trial.system_attrs = {**trial.system_attrs, f"{RUNG}{rung}": value}
            others = reached.setdefault((self._bracket(trial), rung), [])
            promoted = self._is_promoted(value, others, self._halving(trial)._reduction_factor)
            insort(others, value)
            if not promoted:
                return True
            rung += 1
        return False

    def _is_promoted(self, value: float, others: Sequence[float], reduction_factor: int) -> bool:
        """Whether a value is among the best share of itself and others, which are sorted; one is always promoted."""
        promotable = max(1, (len(others) + 1) // reduction_factor)
        minimize = self._study.direction is StudyDirection.MINIMIZE
        better = bisect_left(others, value) if minimize else len(others) - bisect_right(others, value)
        return better < promotable


def _rungs(trial: FrozenTrial) -> int:
    """How many rungs a trial has reached."""
    rung = 0
    while f"{RUNG}{rung}" in trial.system_attrs:
        rung += 1
    return rung


def _last(trial: FrozenTrial) -> float:
    assert trial.last_step is not None
    return trial.intermediate_values[trial.last_step]
