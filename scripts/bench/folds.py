#!/usr/bin/env python
"""How long cross-validation takes: the folds of every trial side by side in lanes, or one fold after another.

    scripts/bench/folds.py --trials 1,8 --folds 5 --epochs 20

Trains trials of the digits, each on every fold. "Together" is what a search does: one trainer, in which all folds share
a compiled program. "In turn" runs a trainer for each fold, and each compiles its own. "fit" is Keras' own `fit` on one
fold after another, which is measured for one trial. Clocks run from the first job to the last outcome, compilation
included; contenders take turns.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Sequence

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import StratifiedKFold

from tuner.data.prepared import Prepared
from tuner.hyperparameters import Hyperparameters
from tuner.lanes.sharing import forget_functions
from tuner.lanes.signature import Expected
from tuner.training.fit import FitTrainer
from tuner.training.folded import FoldedTrainer
from tuner.training.job import MAIN_DATA, DataKey, DataOrder, Done, End, EpochResult, Job, Verdict, member_data
from tuner.training.lanes import LaneTrainer
from tuner.training.members import member_job, members_of
from tuner.training.trainer import Observer, Trainer

METRIC = "val_log_loss"


class Listed(Observer):
    """Jobs out of a list, and an observer that never objects."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._jobs = iter(jobs)

    def next(self) -> Job | Done:
        return next(self._jobs, Done())

    def epoch_ended(self, results: Sequence[EpochResult]) -> Sequence[Verdict]:
        return [Verdict.GO_ON] * len(results)


def digits(folds: int) -> dict[DataKey, Prepared]:
    """The rows of each fold, by the data of its member."""
    x, y = load_digits(return_X_y=True)
    x, y = (x / 16).astype("float32"), y.astype("int32")
    names = tuple("0123456789")
    parts = StratifiedKFold(folds, shuffle=True, random_state=0).split(x, y)
    return {
        member_data(MAIN_DATA, 0, fold): Prepared("multiclass", x[train], y[train], x[held], y[held], names)
        for fold, (train, held) in enumerate(parts)
    }


def trials(count: int, epochs: int) -> list[Job]:
    """Networks of two layers of 64 units, each with a learning rate of its own."""
    chosen = [
        Hyperparameters.model_validate(
            {
                "epochs": epochs,
                "batch_size": 32,
                "layers": {"depth": 2, "width": 64, "dropout": 0.1, "l2": 1e-5},
                "optimizer": {"kind": "adam", "learning_rate": float(rate)},
            }
        )
        for rate in np.geomspace(3e-4, 1e-2, count)
    ]
    return [Job(number, each, number, DataOrder(20, 0), METRIC, "minimize") for number, each in enumerate(chosen)]


def lanes(count: int, threads: int) -> LaneTrainer:
    return LaneTrainer(count, Expected(widths=(64,), techniques=frozenset({"dropout", "penalties"})), threads=threads)


def measured(trainer: Trainer, jobs: Sequence[Job], data: dict[DataKey, Prepared]) -> tuple[float, dict[int, float]]:
    """The seconds that some jobs took, and each one's best metric."""
    forget_functions()
    source = Listed(jobs)
    began = time.perf_counter()
    outcomes = list(trainer.train(source, data, source))
    seconds = time.perf_counter() - began
    failed = [outcome.error for outcome in outcomes if outcome.end is not End.FINISHED]
    if failed:
        raise RuntimeError(f"{len(failed)} jobs did not finish: {failed[0]}")
    return seconds, {outcome.number: outcome.best_metrics[METRIC] for outcome in outcomes}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", default="1,8", help="how many trials, each on every fold; several after commas")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2, help="of the lanes")
    parser.add_argument("--repeats", type=int, default=3, help="how often all is measured; the median is told")
    parser.add_argument("--fit", action="store_true", help="measure Keras' fit, too")
    asked = parser.parse_args()

    data, members = digits(asked.folds), members_of(folds=asked.folds, repeats=1)
    for count in map(int, asked.trials.split(",")):
        jobs = trials(count, asked.epochs)
        together, in_turn, fit = [], [], []
        for _ in range(asked.repeats):
            trainer = FoldedTrainer(lanes(count * asked.folds, asked.threads), members)
            seconds, best = measured(trainer, jobs, data)
            together.append(seconds)
            in_turn.append(0.0)
            for index in range(asked.folds):
                own = [member_job(job, members, index) for job in jobs]
                in_turn[-1] += measured(lanes(count, asked.threads), own, data)[0]
            if asked.fit and count == 1:
                fit.append(measured(FoldedTrainer(FitTrainer(), members), jobs, data)[0])
        line = f"{count} trials x {asked.folds} folds x {asked.epochs} epochs, best mean {min(best.values()):.4f}: "
        line += f"together {statistics.median(together):.1f} s, in turn {statistics.median(in_turn):.1f} s"
        print(line + (f", fit {statistics.median(fit):.1f} s" if fit else ""), flush=True)


if __name__ == "__main__":
    main()
