"""A study's sampler, with a seed of its own for each trial."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

from tuner.hyperparameters.base import Settings
from tuner.search.samplers.grid import ShuffledGridSampler
from tuner.search.samplers.kinds import make_sampler
from tuner.seeds import derive_seed
from tuner.space import Table


class SeededSampler(BaseSampler):
    """Any sampler, with a seed for each trial that follows from the study's seed and the trial's number.

    Two workers then never repeat one another, and a search that was stopped and started again suggests what one
    that was never stopped would have.
    """

    def __init__(
        self, settings: Settings, study_seed: int, space: Table | None = None, *, several: bool = False
    ) -> None:
        """A sampler for one study.

        Args:
            settings: as the study file states it.
            study_seed: the study's seed.
            space: the study's space. A grid cannot do without; CMA-ES, NSGA-II and QMC keep to the parameters that
                every trial has, and without a space only the history tells them which.
            several: whether the study has several objectives.
        Raises:
            StudyError: if the sampler needs a package that is not installed.
        """
        self._study_seed = study_seed
        self._made = make_sampler(settings, study_seed, space, several=several)
        self._sampler = self._made.sampler

    def batch(self) -> AbstractContextManager[None]:
        """Within the block, several trials are asked at once, and need not each have a fit of the model of its own.

        TPE fits anew after `asks_per_fit` of them, and those asked before are then running trials to it. To the other
        samplers it makes no difference.
        """
        return self._made.batch()

    def left(self, study: optuna.Study) -> int | None:
        """How many more trials the sampler can suggest; None for no limit, which only a grid has.

        Trials that wait to be tried again are not counted: they have been suggested already.
        """
        return self._sampler.left(study) if isinstance(self._sampler, ShuffledGridSampler) else None

    def exhausted(self, study: optuna.Study) -> bool:
        """Whether there is nothing left to suggest: each point of a grid is finished, runs or waits."""
        return self.left(study) == 0

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        self._made.begin(trial.number, derive_seed(self._study_seed, "sampler", trial.number))
        self._sampler.before_trial(study, trial)

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        if self._made.joint is not None:
            return self._made.joint
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
