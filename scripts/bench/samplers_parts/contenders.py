"""The samplers that are compared."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial

from tuner.search.samplers.tpe import BatchTpeSampler
from tuner.seeds import derive_seed
from tuner.study.sampler_settings import TpeSampler

DEFAULTS = TpeSampler()


class EachSeeded(BatchTpeSampler):
    """The fast TPE with a seed for each trial, as in a search."""

    def __init__(self, *, most_trials: int | None, asks_per_fit: int, seed: int) -> None:
        super().__init__(
            startup_trials=DEFAULTS.startup_trials,
            candidates=DEFAULTS.candidates,
            most_trials=most_trials,
            asks_per_fit=asks_per_fit,
            seed=seed,
        )
        self._study_seed = seed

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        seed = derive_seed(self._study_seed, "sampler", trial.number)
        self._rng.rng.seed(seed)
        self._random_sampler._rng.rng.seed(seed)
        super().before_trial(study, trial)


class LikeOptuna(EachSeeded):
    """Optuna's own TPE at the fast one's cost: it suggests the same, to the twelfth digit.

    For that it stores, as Optuna does, what it draws jointly for a trial, also what the trial turns out not to have.
    """

    def __init__(self, *, seed: int) -> None:
        super().__init__(most_trials=None, asks_per_fit=1, seed=seed)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        params = super().sample_relative(study, trial, search_space)
        if params:
            study._storage.set_trial_system_attr(trial._trial_id, "tpe:relative_params:0", json.dumps(params))
        return params


def optunas_own(seed: int) -> optuna.samplers.TPESampler:
    """Optuna's own TPE, as the fast one is to suggest."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.samplers.TPESampler(
            n_startup_trials=DEFAULTS.startup_trials,
            n_ei_candidates=DEFAULTS.candidates,
            multivariate=True,
            group=True,
            constant_liar=True,
            seed=seed,
        )


def batch_of(sampler: BaseSampler) -> AbstractContextManager[None]:
    """A batch of a sampler that knows batches."""
    batch: Callable[[], AbstractContextManager[None]] = getattr(sampler, "batch", nullcontext)
    return batch()


@dataclass(frozen=True)
class Contender:
    """A sampler in the comparison of regrets.

    Attributes:
        title: what the table calls it.
        make: it, by a seed.
    """

    title: str
    make: Callable[[int], BaseSampler]


def tpe(most_trials: int | None, asks_per_fit: int) -> Contender:
    history = "all trials" if most_trials is None else f"{most_trials} trials"
    return Contender(
        f"{asks_per_fit} ask{'' if asks_per_fit == 1 else 's'} a fit, {history}",
        lambda seed: EachSeeded(most_trials=most_trials, asks_per_fit=asks_per_fit, seed=seed),
    )


REFERENCE = "optuna"
CONTENDERS: Mapping[str, Contender] = {
    REFERENCE: Contender("Optuna's TPE", lambda seed: LikeOptuna(seed=seed)),
    "fit1": tpe(None, 1),
    "fit4": tpe(None, 4),
    "fit8": tpe(None, 8),
    "fit16": tpe(None, 16),
    "capped": tpe(DEFAULTS.history, DEFAULTS.asks_per_fit),
    "random": Contender("random", lambda seed: optuna.samplers.RandomSampler(seed=seed)),
}
"""Every contender by its name; the first is what the others are compared with."""
