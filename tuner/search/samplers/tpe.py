"""Optuna's TPE for many asks at once: they share a fit of the model, and a fit goes by a limited number of trials."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import TPESampler
from optuna.samplers._tpe.parzen_estimator import _ParzenEstimator
from optuna.samplers._tpe.sampler import default_gamma
from optuna.trial import FrozenTrial

from tuner.search.samplers.mixture import Mixture
from tuner.search.samplers.tpe_history import History, Numbers, Subspace


@dataclass(frozen=True)
class _Fit:
    """The model of one subspace."""

    names: tuple[str, ...]
    promising: Mixture
    others: Mixture


@dataclass
class _Model:
    """The models of all subspaces on one and the same history, each made when it is first wanted."""

    groups: list[Subspace]
    best: Numbers
    fits: dict[tuple[str, ...], _Fit] = field(default_factory=dict)
    asks: int = 0


class BatchTpeSampler(TPESampler):
    """Optuna's multivariate, grouped TPE with a constant liar, at a fraction of its cost.

    Outside a batch, and with room in a fit for all trials, it suggests exactly what

        optuna.samplers.TPESampler(multivariate=True, group=True, constant_liar=True)

    does. It differs from that in three ways only. Within a batch, one fit serves several asks. A fit goes by at most
    `most_trials` trials, so that its cost does not grow with the study: by the best, by all running ones, and by the
    last of the others. And it does not store what it draws for parameters that a trial turns out not to have.

    For studies with one objective, and for one thread.
    """

    def __init__(
        self, *, startup_trials: int, candidates: int, most_trials: int | None, asks_per_fit: int, seed: int
    ) -> None:
        """A sampler.

        Args:
            startup_trials: random trials before the model suggests.
            candidates: drawn for each suggestion, of which the most promising is taken.
            most_trials: that one fit goes by; None for all.
            asks_per_fit: asks of one batch that share a fit.
            seed: of the first ask.
        """
        super().__init__(
            n_startup_trials=startup_trials,
            n_ei_candidates=candidates,
            multivariate=True,
            constant_liar=True,
            seed=seed,
        )  # groups are formed below
        self._most_trials = most_trials
        self._asks_per_fit = asks_per_fit
        self._history = History(self._get_params)
        self._in_batch = False
        self._model: _Model | None = None
        self._asking: int | None = None

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Within the block, asks share a fit: the first ask's, until `asks_per_fit` have used it."""
        self._in_batch, self._model = True, None
        try:
            yield
        finally:
            self._in_batch = False

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        super().before_trial(study, trial)
        self._asking = None
        if not self._in_batch or (self._model is not None and self._model.asks >= self._asks_per_fit):
            self._model = None

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        groups = self._model_for(study, trial).groups
        return {name: distribution for group in groups for name, distribution in group.items()}

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        model = self._model_for(study, trial)
        if self._history.finished < self._n_startup_trials:
            return {}
        # Optuna also stores these, for other workers to see before the trial has its parameters. Here a trial and its
        # parameters are stored together.
        return {name: value for group in model.groups for name, value in self._suggest(model, group).items()}

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        model = self._model_for(study, trial)
        if self._history.finished < self._n_startup_trials:
            return self._random_sampler.sample_independent(study, trial, param_name, param_distribution)
        return self._suggest(model, {param_name: param_distribution})[param_name]

    def _model_for(self, study: optuna.Study, trial: FrozenTrial) -> _Model:
        if self._model is None:
            self._history.read(study, trial.number)
            groups = [
                {name: distribution for name, distribution in group.items() if not distribution.single()}
                for group in self._history.groups()
            ]
            best = self._history.best(default_gamma(self._history.finished))
            self._model = _Model([group for group in groups if group], best)
        if self._asking != trial.number:
            self._asking = trial.number
            self._model.asks += 1
        return self._model

    def _suggest(self, model: _Model, space: Subspace) -> dict[str, Any]:
        fit = model.fits.get(tuple(space)) or self._fit(model, space)
        candidates = fit.promising.draw(self._rng.rng, self._n_ei_candidates)
        gains = fit.promising.log_density(candidates) - fit.others.log_density(candidates)
        best = candidates[np.argmax(gains)].tolist()
        return {name: space[name].to_external_repr(value) for name, value in zip(fit.names, best, strict=True)}

    def _fit(self, model: _Model, space: Subspace) -> _Fit:
        names = tuple(space)
        best, others = self._history.split(names, model.best, self._most_trials)
        promising, rest = (
            _ParzenEstimator(self._history.observations(names, numbers), dict(space), self._parzen_estimator_parameters)
            for numbers in (best, others)
        )
        fit = _Fit(names, Mixture(promising._mixture_distribution), Mixture(rest._mixture_distribution))
        model.fits[names] = fit
        return fit
