"""A study's trials as rows of numbers for TPE: each finished trial is read once, and not at every ask."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution
from optuna.samplers._tpe.sampler import _get_infeasible_trial_score, _get_pruned_trial_score
from optuna.search_space import _SearchSpaceGroup
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

Subspace = Mapping[str, BaseDistribution]
"""Parameters that are modelled jointly, by name."""

Numbers = NDArray[np.intp]
"""Numbers of trials, rising."""

_COMPLETE, _PRUNED, _INFEASIBLE = range(3)


class History:
    """What TPE goes by: parameters of finished and running trials, and the finished ones from best to worst."""

    def __init__(self, params_of: Callable[[FrozenTrial, optuna.Study], Mapping[str, Any]]) -> None:
        """An empty history.

        Args:
            params_of: tells a running trial's parameters; it may know more than the trial does.
        """
        self._params_of = params_of
        self._study_id: int | None = None
        self._settled: set[int] = set()
        self._settled_first = 0
        # By name, float64 [trial number] in Optuna's internal numbers; NaN where a trial has no such parameter.
        self._columns: dict[str, NDArray[np.float64]] = {}
        self._is_finished: NDArray[np.bool_] = np.zeros(64, dtype=bool)
        self._running: list[int] = []
        self._written: dict[int, Mapping[str, Any]] = {}
        self._best_first: list[tuple[int, float, float, int]] = []
        self._spaces: dict[frozenset[str], tuple[int, Subspace]] = {}
        self._groups: list[Subspace] | None = []

    @property
    def finished(self) -> int:
        """How many trials are complete or pruned."""
        return len(self._best_first)

    def read(self, study: optuna.Study, asking: int) -> None:
        """Take in what has changed in the storage.

        Args:
            study: whose trials they are.
            asking: number of the trial that is being asked for, which is no part of its own history.
        Raises:
            ValueError: if it is another study than before.
        """
        if self._study_id not in (None, study._study_id):
            raise ValueError("this sampler goes by the trials of another study already")
        self._study_id = study._study_id
        trials = study._storage.get_all_trials(study._study_id, deepcopy=False)
        # In the order of their numbers, so that those which have long been settled come first.
        complete = bool(trials) and trials[-1].number == len(trials) - 1
        settled, self._running = self._settled, []
        for trial in trials[self._settled_first if complete else 0 :]:
            if trial._trial_id in settled:
                continue
            if trial.state is TrialState.RUNNING:
                if trial.number != asking:
                    self._write(trial, self._params_of(trial, study))
                    self._running.append(trial.number)
            elif trial.state is not TrialState.WAITING:
                settled.add(trial._trial_id)
                if trial.state is not TrialState.FAIL:
                    self._write(trial, trial.params)
                    self._finish(trial, study)
        while complete and self._settled_first < len(trials) and trials[self._settled_first]._trial_id in settled:
            self._settled_first += 1

    def groups(self) -> list[Subspace]:
        """Parameters that occur together in finished trials, as Optuna groups them; names in order.

        The groups' order depends on the trials' numbers alone, and not on which of them finished first: a search that
        was stopped and started again would otherwise suggest something else than one that was not.
        """
        if self._groups is None:
            decomposed = _SearchSpaceGroup()
            for _, space in sorted(self._spaces.values(), key=lambda seen: seen[0]):
                decomposed.add_distributions(dict(space))
            self._groups = [dict(sorted(group.items())) for group in decomposed.search_spaces]
        return self._groups

    def best(self, count: int) -> Numbers:
        """The best finished trials: complete ones by value, then pruned ones by how far and how well they came."""
        return np.array(sorted(number for *_, number in self._best_first[:count]), dtype=np.intp)

    def split(self, names: Sequence[str], best: Numbers, most: int | None) -> tuple[Numbers, Numbers]:
        """The trials that have all of some parameters: the best ones among them, and the others.

        Args:
            names: of the parameters.
            best: the best finished trials, whichever parameters they have.
            most: how many to return at most, both parts together; None for all. The best ones and those that run are
                always there, then come the last of the rest.
        """
        has_all = self._is_finished.copy()
        has_all[self._running] = True
        for name in names:
            has_all &= ~np.isnan(self._column(name))
        is_best = np.zeros_like(has_all)
        is_best[best] = True
        chosen, others = np.flatnonzero(has_all & is_best), np.flatnonzero(has_all & ~is_best)
        if most is not None:
            finished = self._is_finished[others]
            too_many = max(len(chosen) + len(others) - most, 0)
            others = others[~finished | (np.cumsum(finished) > too_many)]
        return chosen, others

    def observations(self, names: Sequence[str], numbers: Numbers) -> dict[str, NDArray[np.float64]]:
        """What trials have chosen, in Optuna's internal numbers: for each name float64 [numbers]."""
        return {name: self._column(name)[numbers] for name in names}

    def _write(self, trial: FrozenTrial, params: Mapping[str, Any]) -> None:
        if params == self._written.get(trial.number):
            return
        self._written[trial.number] = dict(params)
        while trial.number >= len(self._is_finished):
            self._is_finished = np.concatenate([self._is_finished, np.zeros_like(self._is_finished)])
            for name, column in self._columns.items():
                self._columns[name] = np.concatenate([column, np.full_like(column, np.nan)])
        for column in self._columns.values():
            column[trial.number] = np.nan
        for name, value in params.items():
            distribution = trial.distributions.get(name) or self._distribution(name)
            if distribution is not None:
                self._column(name)[trial.number] = distribution.to_internal_repr(value)

    def _column(self, name: str) -> NDArray[np.float64]:
        if name not in self._columns:
            self._columns[name] = np.full(len(self._is_finished), np.nan)
        return self._columns[name]

    def _distribution(self, name: str) -> BaseDistribution | None:
        return next((space[name] for _, space in self._spaces.values() if name in space), None)

    def _finish(self, trial: FrozenTrial, study: optuna.Study) -> None:
        self._written.pop(trial.number)
        self._is_finished[trial.number] = True
        insort(self._best_first, (*_rank(trial, study), trial.number))
        names = frozenset(trial.distributions)
        seen = self._spaces.get(names)
        if seen is None or trial.number < seen[0]:
            self._spaces[names] = (trial.number, trial.distributions)
            self._groups = None


def _rank(trial: FrozenTrial, study: optuna.Study) -> tuple[int, float, float]:
    """Where a finished trial stands among the others, as Optuna's TPE orders them; less is better."""
    infeasible = _get_infeasible_trial_score(trial)
    if infeasible > 0:
        return (_INFEASIBLE, infeasible, 0.0)
    if trial.state is TrialState.PRUNED:
        return (_PRUNED, *_get_pruned_trial_score(trial, study))
    assert trial.value is not None
    return (_COMPLETE, trial.value if study.direction is StudyDirection.MINIMIZE else -trial.value, 0.0)
