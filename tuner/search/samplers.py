"""Samplers by name, each trial with a seed of its own."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

from tuner.hyperparameters.base import Settings
from tuner.seeds import derive_seed
from tuner.study.sampler_settings import RandomSampler, TpeSampler


def _tpe(settings: TpeSampler, seed: int) -> BaseSampler:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        # Grouped: one trial without a parameter would otherwise take it out of the joint model for good.
        return optuna.samplers.TPESampler(
            n_startup_trials=settings.startup_trials, multivariate=True, group=True, constant_liar=True, seed=seed
        )


def _random(settings: RandomSampler, seed: int) -> BaseSampler:
    del settings
    return optuna.samplers.RandomSampler(seed=seed)


SAMPLERS: Mapping[type[Settings], Callable[[Any, int], BaseSampler]] = {TpeSampler: _tpe, RandomSampler: _random}
"""How each sampler of a study file is made, with a seed."""


class SeededSampler(BaseSampler):
    """Any sampler, with a seed for each trial that follows from the study's seed and the trial's number.

    Two workers then never repeat one another, and a search that was stopped and started again suggests what one
    that was never stopped would have.
    """

    def __init__(self, settings: Settings, study_seed: int) -> None:
        self._settings = settings
        self._study_seed = study_seed
        self._sampler = self._seeded(0)

    def _seeded(self, number: int) -> BaseSampler:
        return SAMPLERS[type(self._settings)](self._settings, derive_seed(self._study_seed, "sampler", number))

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        self._sampler = self._seeded(trial.number)
        self._sampler.before_trial(study, trial)

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return self._sampler.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return self._sampler.sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        return self._sampler.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(
        self, study: optuna.Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        self._sampler.after_trial(study, trial, state, values)
