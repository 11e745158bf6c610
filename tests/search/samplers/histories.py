"""A conditional space with every sort of parameter, and studies over it that are searched without any training."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import optuna
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

from tuner.search.suggest import TrialSuggest
from tuner.space import Table, choose
from tuner.study.read import read_study

Params = Mapping[str, Any]


def space_of(**hyperparameters: Any) -> Table:
    raw = {"name": "made_up", "data": {"builtin": "wine"}, "hyperparameters": hyperparameters}
    return read_study(raw, source="made up").space


SPACE = space_of(
    batch_size={"choices": [16, 32, 64]},
    layers={
        "depth": {"low": 1, "high": 3},
        "width": {"low": 16, "high": 256, "log": True},
        "dropout": {"low": 0.0, "high": 0.5, "step": 0.1},
        "l2": {"low": 1e-8, "high": 1e-2, "log": True},
    },
    optimizer={
        "kind": {"choices": ["sgd", "adagrad", "adadelta"]},
        "learning_rate": {"low": 1e-4, "high": 0.3, "log": True},
        "sgd": {"nesterov": {"choices": [True, False]}},
    },
    momentum={"kind": "rise", "start": {"low": 0.0, "high": 0.9}, "maximum": 0.95, "step": 0.01},
)


def suggested(trial: optuna.Trial, space: Table = SPACE) -> Params:
    """Everything that the sampler says for a trial."""
    choose(space, TrialSuggest(trial))
    return dict(trial.params)


def value_of(params: Params) -> float:
    """Less is better."""
    rate = math.log10(params.get("optimizer.learning_rate", 1.0))
    return (rate + 2) ** 2 + params.get("layers.dropout", 0.0) + params.get("momentum.start", 0.5)


def grow(
    study: optuna.Study, sampler_of: Callable[[int], BaseSampler], trials: int, *, space: Table = SPACE, apart: int = 3
) -> list[Params]:
    """Go on with a study.

    As in a real search, trials end in another order than they began, every third is pruned, and every eleventh fails.

    Args:
        study: to be gone on with.
        sampler_of: who suggests for the trial with a number.
        trials: how many.
        space: what is searched.
        apart: how many run at once.
    Returns:
        The parameters of every trial.
    """
    running: list[tuple[optuna.Trial, Params]] = []
    every = []
    for count in range(trials):
        study.sampler = sampler_of(len(study.get_trials(deepcopy=False)))
        trial = study.ask()
        params = suggested(trial, space)
        every.append(params)
        running.append((trial, params))
        if len(running) >= apart:
            tell(study, *running.pop(count % len(running)))
    return every


def tell(study: optuna.Study, trial: optuna.Trial, params: Params) -> None:
    """End a trial, as its number wants it."""
    value = value_of(params)
    if trial.number % 11 == 10:
        study.tell(trial, state=TrialState.FAIL)
    elif trial.number % 3 == 2:
        for epoch in range(trial.number % 4):  # some are pruned without a report
            trial.report(math.nan if trial.number % 5 == 0 else value + epoch, epoch)
        study.tell(trial, state=TrialState.PRUNED)
    else:
        study.tell(trial, value)


def study_of(trials: int, *, direction: str = "minimize", seed: int = 1, running: int = 2) -> optuna.Study:
    """A study with a history: drawn by Optuna's own TPE, with its notes on running trials, some trials of which run."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(direction=direction)
    theirs = optunas_own(seed)
    grow(study, lambda number: theirs, trials, apart=max(running, 1) + 1)
    return study


def optunas_own(seed: int, **settings: Any) -> optuna.samplers.TPESampler:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.samplers.TPESampler(multivariate=True, group=True, constant_liar=True, seed=seed, **settings)


def trials_of(study: optuna.Study) -> list[FrozenTrial]:
    return study.get_trials(deepcopy=False)
