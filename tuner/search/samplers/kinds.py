"""How each sampler of a study file is made, and what makes it ready for the next trial."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.samplers import BaseSampler
from optuna.samplers._lazy_random_state import LazyRandomState

from tuner.errors import StudyError
from tuner.hyperparameters.base import Settings
from tuner.search.samplers.grid import ShuffledGridSampler
from tuner.search.samplers.joint import Joint, in_every_trial, numbers_only
from tuner.search.samplers.needs import check_installed
from tuner.search.samplers.qmc import NumberedQmcSampler
from tuner.seeds import derive_seed
from tuner.space import Table
from tuner.study import sampler_settings as stated


@dataclass(frozen=True)
class Made:
    """A sampler, ready for its first trial.

    Attributes:
        sampler: Optuna's, or one like it.
        begin: makes it ready for a trial, by the trial's number and the trial's seed. What it draws then depends on
            these two and on the history, and on nothing that it remembers.
        joint: what it draws jointly, if the study's space tells; None if it finds that out for itself.
        batch: within the block, its asks see one and the same history.
    """

    sampler: BaseSampler
    begin: Callable[[int, int], None]
    joint: Joint | None = None
    batch: Callable[[], AbstractContextManager[None]] = nullcontext


def _tpe(settings: stated.TpeSampler, seed: int, space: Table | None) -> Made:
    from tuner.search.samplers.tpe import BatchTpeSampler  # SciPy, which a look at a stored study need not wait for

    sampler = BatchTpeSampler(
        startup_trials=settings.startup_trials,
        candidates=settings.candidates,
        most_trials=settings.history,
        asks_per_fit=settings.asks_per_fit,
        seed=seed,
    )
    return Made(sampler, _reseeding(sampler._rng, sampler._random_sampler._rng), batch=sampler.batch)


def _tpe_of_several(settings: stated.TpeSampler, seed: int, space: Table | None) -> Made:
    # Optuna's own: what makes a batch cheap, in BatchTpeSampler, is an order of all trials from the best to the worst,
    # and by several objectives there is none.
    sampler = optuna.samplers.TPESampler(
        n_startup_trials=settings.startup_trials,
        n_ei_candidates=settings.candidates,
        multivariate=True,
        group=True,
        constant_liar=True,
        seed=seed,
    )
    return Made(sampler, _reseeding(sampler._rng, sampler._random_sampler._rng))


def _random(settings: stated.RandomSampler, seed: int, space: Table | None) -> Made:
    sampler = optuna.samplers.RandomSampler(seed=seed)
    return Made(sampler, _reseeding(sampler._rng))


def _cmaes(settings: stated.CmaesSampler, seed: int, space: Table | None) -> Made:
    # Its generations are in the storage. Parameters that come and go would end it: it keeps to those of its first
    # generation, and where these are no longer in every trial it gives up for good.
    by_chance = optuna.samplers.RandomSampler(seed=seed)
    sampler = optuna.samplers.CmaEsSampler(
        n_startup_trials=settings.startup_trials,
        popsize=settings.population_size,
        independent_sampler=by_chance,
        warn_independent_sampling=False,
        seed=seed,
    )
    joint = None if space is None else numbers_only(in_every_trial(space))
    return Made(sampler, _reseeding(sampler._cma_rng, by_chance._rng), joint)


def _gp(settings: stated.GpSampler, seed: int, space: Table | None) -> Made:
    by_chance = optuna.samplers.RandomSampler(seed=seed)
    sampler = optuna.samplers.GPSampler(
        n_startup_trials=settings.startup_trials,
        independent_sampler=by_chance,
        warn_independent_sampling=False,
        seed=seed,
    )
    reseed = _reseeding(sampler._rng, by_chance._rng)

    def begin(number: int, seed: int) -> None:
        reseed(number, seed)
        # The last fit is where the next one starts, and a search that was started again has none.
        sampler._gprs_cache_list = None

    return Made(sampler, begin)


def _nsga2(settings: stated.Nsga2Sampler, seed: int, space: Table | None) -> Made:
    sampler = optuna.samplers.NSGAIISampler(
        population_size=settings.population_size,
        mutation_prob=settings.mutation_prob,
        crossover_prob=settings.crossover_prob,
        swapping_prob=settings.swapping_prob,
        seed=seed,
    )
    joint = None if space is None else in_every_trial(space)
    return Made(sampler, _reseeding(sampler._rng, sampler._random_sampler._rng), joint)


def _qmc(settings: stated.QmcSampler, seed: int, space: Table | None) -> Made:
    by_chance = optuna.samplers.RandomSampler(seed=seed)
    # All workers share one sequence, and so its seed.
    sampler = NumberedQmcSampler(
        qmc_type=settings.sequence,
        scramble=settings.scramble,
        independent_sampler=by_chance,
        warn_independent_sampling=False,
        seed=seed,
    )

    def begin(number: int, seed: int) -> None:
        sampler.place = number
        by_chance._rng.rng.seed(seed)

    return Made(sampler, begin, None if space is None else in_every_trial(space))


def _grid(settings: stated.GridSampler, seed: int, space: Table | None) -> Made:
    if space is None:
        raise StudyError("a grid needs to know the study's space")
    sampler = ShuffledGridSampler(space, seed=seed)
    return Made(sampler, lambda number, seed: sampler.reseed(seed))


SAMPLERS: Mapping[type[Settings], Callable[[Any, int, Table | None], Made]] = {
    stated.TpeSampler: _tpe,
    stated.RandomSampler: _random,
    stated.CmaesSampler: _cmaes,
    stated.GpSampler: _gp,
    stated.Nsga2Sampler: _nsga2,
    stated.GridSampler: _grid,
    stated.QmcSampler: _qmc,
}
"""How each sampler of a study file is made, by a seed for the study and the study's space."""


def make_sampler(settings: Settings, study_seed: int, space: Table | None, *, several: bool = False) -> Made:
    """The sampler of a study.

    Args:
        settings: as the study file states it.
        study_seed: the study's seed.
        space: the study's space; None if it is not known, and the history has to tell.
        several: whether the study has several objectives.
    Raises:
        StudyError: if it needs a package that is not installed.
    """
    check_installed(settings)
    with warnings.catch_warnings():
        # Grouped TPE and QMC may change with Optuna, whose version is pinned.
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        if several and isinstance(settings, stated.TpeSampler):
            return _tpe_of_several(settings, derive_seed(study_seed, "sampler"), space)
        return SAMPLERS[type(settings)](settings, derive_seed(study_seed, "sampler"), space)


def _reseeding(*states: LazyRandomState) -> Callable[[int, int], None]:
    def begin(number: int, seed: int) -> None:
        for state in states:
            state.rng.seed(seed)

    return begin
