#!/usr/bin/env python
"""How long the verdicts on all running trials take after an epoch, beside Optuna's own pruner asked for each of them.

    scripts/bench/verdicts.py --lanes 128 --trials 5000

Prints the median of several epochs in milliseconds, for each pruner: of all lanes at once, and of Optuna's pruner one
by one. Every trial that runs has just reached a rung of the pruners that have some, which is the worst case.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import statistics
import time
from collections.abc import Callable, Sequence

import optuna
from optuna.trial import FrozenTrial, TrialState, create_trial

from tuner.search.pruners import make_pruner
from tuner.search.verdicts import Verdicts
from tuner.study.pruner_settings import HyperbandPruner, MedianPruner, PercentilePruner, SuccessiveHalvingPruner

EPOCHS = 20
RUNG = 16
"""Epochs after which a trial reaches a rung of the pruners below."""

PRUNERS = {
    "median": MedianPruner(),
    "percentile": PercentilePruner(),
    "successive_halving": SuccessiveHalvingPruner(minimum_epochs=1, reduction_factor=2),
    "hyperband": HyperbandPruner(minimum_epochs=1, reduction_factor=2),
}


def measure(kind: str, *, lanes: int, trials: int, repeats: int, seed: int) -> dict[str, float]:
    """Milliseconds of both ways, for one pruner."""
    chance = random.Random(seed)
    study = optuna.create_study(pruner=make_pruner(PRUNERS[kind], EPOCHS))
    study.add_trials([_finished(chance) for _ in range(trials)])
    verdicts = Verdicts(study, EPOCHS)
    verdicts.learn(study.get_trials())
    ours, optunas = [], []
    for _ in range(repeats):
        running = [_running(study, chance) for _ in range(lanes)]
        again = copy.deepcopy(running)
        ours.append(_milliseconds(lambda running=running: verdicts.should_prune(running)))
        optunas.append(_milliseconds(lambda again=again: [study.pruner.prune(study, trial) for trial in again]))
        for trial in running:
            study.tell(trial.number, state=TrialState.FAIL)
    return {"all at once": round(statistics.median(ours), 2), "one by one": round(statistics.median(optunas), 2)}


def _finished(chance: random.Random) -> FrozenTrial:
    values = {epoch: chance.random() for epoch in range(EPOCHS)}
    rungs = {f"completed_rung_{rung}": chance.random() for rung in range(4)}
    return create_trial(state=TrialState.COMPLETE, value=0.5, intermediate_values=values, system_attrs=rungs)


def _running(study: optuna.Study, chance: random.Random) -> FrozenTrial:
    number = study.ask().number
    trial = copy.deepcopy(study.get_trials(deepcopy=False)[number])
    trial.intermediate_values = {epoch: chance.random() for epoch in range(RUNG + 1)}
    return trial


def _milliseconds(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - begun)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print a line for each pruner."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lanes", type=int, default=128, help="trials that run")
    parser.add_argument("--trials", type=int, default=5000, help="trials that have finished")
    parser.add_argument("--repeats", type=int, default=5, help="epochs that are judged")
    parser.add_argument("--seed", type=int, default=0, help="of the curves")
    options = parser.parse_args(arguments)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    for kind in PRUNERS:
        figures = measure(kind, lanes=options.lanes, trials=options.trials, repeats=options.repeats, seed=options.seed)
        print(kind, json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
