"""What an ask costs, in CPU time: everything from a new trial to its last parameter, the storage in memory included."""

from __future__ import annotations

import math
import time
from statistics import median

import numpy as np
import optuna
from optuna.samplers import BaseSampler
from optuna.storages import InMemoryStorage
from optuna.trial import TrialState, create_trial

from scripts.bench.samplers_parts.contenders import batch_of
from tuner.search.suggest import TrialSuggest
from tuner.space import Table, choose

RUNNING = 16


def history(space: Table, trials: int) -> optuna.Study:
    """A study of random trials: half of them pruned after some epochs, and some that run."""
    random = np.random.RandomState(1)
    study = optuna.create_study(storage=InMemoryStorage(), sampler=optuna.samplers.RandomSampler(seed=1))
    for number in range(trials + RUNNING):
        trial = study.ask()
        choose(space, TrialSuggest(trial))
        if number >= trials:
            continue
        rate = trial.params.get("optimizer.learning_rate", 1.0)
        value = abs(math.log10(rate) + 2) + trial.params["layers.dropout"] + random.rand()
        pruned = number % 2 == 1
        finished = create_trial(
            state=TrialState.PRUNED if pruned else TrialState.COMPLETE,
            value=value,
            params=trial.params,
            distributions=trial.distributions,
            intermediate_values={epoch: value + 1 / (1 + epoch) for epoch in range(12 if pruned else 0)},
        )
        study.tell(trial, state=TrialState.FAIL)
        study.add_trial(finished)
    return study


def milliseconds_per_ask(
    space: Table, trials: int, sampler: BaseSampler, *, batch: int, batches: int, warm_up: int = 1
) -> float:
    """CPU milliseconds of one ask, the median over batches.

    Args:
        space: what is suggested for; its every parameter that applies.
        trials: finished ones in the history.
        sampler: who suggests.
        batch: asks at a time; between batches the history changes.
        batches: how many are measured.
        warm_up: batches before, in which a sampler reads the history for the first time.
    """
    study = history(space, trials)
    study.sampler = sampler
    taken = []
    for number in range(warm_up + batches):
        begun = time.process_time()
        with batch_of(sampler):
            asked = [study.ask() for _ in range(batch)]
            for trial in asked:
                choose(space, TrialSuggest(trial))
        if number >= warm_up:
            taken.append(1000 * (time.process_time() - begun) / batch)
        for trial in asked:
            study.tell(trial, 3.0)
    return median(taken)
