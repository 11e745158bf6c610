"""Every configuration of a space once, in an order that spreads over the space from the start."""

from __future__ import annotations

import math
from itertools import count
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial

from tuner.search.suggest import choice_name
from tuner.space import Table
from tuner.space.grid import Grid
from tuner.space.nodes import Value

SHUFFLED = 100_000
"""Up to so many points a grid is shuffled; a larger one is gone round in strides of the golden section."""

_GOLDEN = (math.sqrt(5) - 1) / 2


class ShuffledGridSampler(BaseSampler):
    """Tries every point of a study's grid once.

    Optuna's own `GridSampler` takes every combination of values for a point, also those that cannot occur together,
    holds all of them in memory, and cannot be asked and told. This one counts what can occur, and looks at the
    parameters of the stored trials, whoever suggested them: a point is taken as soon as a trial has it that is finished
    (failed for good, too), runs or waits.

    The trial with number n takes point n of a shuffled grid, so that workers who ask at the same time take different
    ones, and a search that ends early has been everywhere.
    """

    def __init__(self, space: Table, *, seed: int) -> None:
        """A sampler of a space.

        Args:
            space: its ranges are finite, as `sampler_mistakes` sees to.
            seed: of the shuffling.
        """
        self._grid = Grid(space, named=choice_name)
        size = self._grid.size
        self._order = np.random.RandomState(seed).permutation(size) if size <= SHUFFLED else None
        self._start = seed % size
        self._stride = next(stride for stride in count(round(size * _GOLDEN)) if math.gcd(stride, size) == 1)
        self._random = np.random.RandomState(seed)
        self._settled: set[int] = set()
        self._finished: set[int] = set()
        self._chosen: dict[int, dict[str, Value]] = {}

    def reseed(self, seed: int) -> None:
        """Prepare for another trial; only one whose own point is taken already needs chance."""
        self._random.seed(seed)

    def left(self, study: optuna.Study) -> int:
        """How many points no trial has yet."""
        taken, undecided = self._taken(study)
        return max(0, self._grid.size - len(taken) - len(undecided))

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return {}

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return {}

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        if trial.number not in self._chosen:
            self._chosen[trial.number] = self._grid.point(self._choose(study, trial.number))
        return self._chosen[trial.number][param_name]

    def _choose(self, study: optuna.Study, number: int) -> int:
        taken, undecided = self._taken(study)
        taken |= {self._at(other) for other in undecided if other != number}
        own = self._at(number)
        if own not in taken or len(taken) >= self._grid.size:
            return own
        place = int(self._random.randint(min(self._grid.size, 2**31)))
        while self._at(place) in taken:
            place += 1
        return self._at(place)

    def _at(self, place: int) -> int:
        """The point at a place of the shuffled grid, which goes round and round."""
        if self._order is not None:
            return int(self._order[place % self._grid.size])
        return (self._start + self._stride * place) % self._grid.size

    def _taken(self, study: optuna.Study) -> tuple[set[int], set[int]]:
        """The points that some trial has, and the numbers of unfinished trials that are still to choose one."""
        pending: set[int] = set()
        undecided: set[int] = set()
        for trial in study._storage.get_all_trials(study._study_id, deepcopy=False):
            if trial._trial_id in self._settled:
                continue
            if trial.state.is_finished():
                self._settled.add(trial._trial_id)
                points = self._finished
            else:
                points = pending
            # What was suggested here need not be stored yet.
            params = self._chosen.get(trial.number) or trial.params
            if not params and not trial.state.is_finished():
                undecided.add(trial.number)
                continue
            index = self._grid.index(params)
            if index is not None:
                points.add(index)
        return self._finished | pending, undecided
