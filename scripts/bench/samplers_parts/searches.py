"""A simulated search: many trials run at once, some are pruned, and their places are filled in batches."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median

import numpy as np
import optuna
from optuna.samplers import BaseSampler
from optuna.trial import TrialState

from scripts.bench.samplers_parts.contenders import batch_of
from scripts.bench.samplers_parts.objectives import Objective
from tuner.search.suggest import TrialSuggest
from tuner.space import choose

EPOCHS = 8
WARMUP = 2
COMPARED = 5
"""Complete trials before any is pruned."""
NOISE = 0.01
"""Standard deviation of what is measured about what is true."""


@dataclass
class _Running:
    trial: optuna.Trial
    regret: float
    measured: float
    epochs: int = 0


def simulated(objective: Objective, sampler: BaseSampler, *, seed: int, trials: int, parallel: int) -> list[float]:
    """Search, and say how good the best complete trial is after each finished one.

    All places are filled at the start; after each epoch those of ended trials are filled anew, all at once. A trial
    whose value is worse than the median of the complete ones at its epoch is pruned.

    Args:
        objective: what is searched.
        sampler: who suggests; it is told of each batch if it knows batches.
        seed: of the noise.
        trials: how many to finish.
        parallel: how many run at once.
    Returns:
        The least true regret of the complete trials, after each finished trial; infinite before there is one.
    """
    study = optuna.create_study(sampler=sampler)
    noise = np.random.RandomState(seed)
    running: list[_Running] = []
    curves: list[list[float]] = [[] for _ in range(EPOCHS)]
    asked, regrets = 0, [math.inf]
    while len(regrets) <= trials:
        with batch_of(sampler):
            while len(running) < parallel and asked < trials:
                trial = study.ask()
                regret = objective.function(choose(objective.space, TrialSuggest(trial)))
                running.append(_Running(trial, regret, regret + NOISE * noise.randn()))
                asked += 1
        medians = [median(curve) if len(curve) >= COMPARED else math.inf for curve in curves]
        for one in list(running):
            value = one.measured + 1.5 * math.exp(-(one.epochs + 1) / 2)
            one.trial.report(value, one.epochs)
            one.epochs += 1
            ended = one.epochs == EPOCHS
            if ended:
                study.tell(one.trial, one.measured)
                for epoch, curve in enumerate(curves):
                    curve.append(one.measured + 1.5 * math.exp(-(epoch + 1) / 2))
            elif one.epochs > WARMUP and value > medians[one.epochs - 1]:
                study.tell(one.trial, state=TrialState.PRUNED)
            else:
                continue
            running.remove(one)
            regrets.append(min(regrets[-1], one.regret if ended else math.inf))
    return regrets[1:]
