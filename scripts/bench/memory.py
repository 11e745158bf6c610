#!/usr/bin/env python
"""How much memory each fitted trial leaves behind in one process: scripts/bench/memory.py [TRIALS]."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence

import psutil
from sklearn.datasets import load_digits

from tuner.data.prepared import Prepared
from tuner.hyperparameters import OPTIMIZERS, Hyperparameters
from tuner.training.fit import FitTrainer
from tuner.training.job import MAIN_DATA, DataOrder, Done, EpochResult, Job, Verdict
from tuner.training.trainer import Observer

WARM_UP = 3
"""Trials before the first measurement, in which TensorFlow fills its own tables."""


def digits() -> Prepared:
    x, y = load_digits(return_X_y=True)
    x, y = (x / 16).astype("float32"), y.astype("int32")
    return Prepared("multiclass", x[:1437], y[:1437], x[1437:], y[1437:], tuple("0123456789"))


class Different:
    """Jobs of which no two have the same shapes, over all optimizers in turn."""

    def __init__(self, trials: int) -> None:
        self._jobs = self._all(trials)

    def next(self) -> Job | Done:
        return next(self._jobs, Done())

    def _all(self, trials: int) -> Iterator[Job]:
        kinds = list(OPTIMIZERS)
        for number in range(trials):
            chosen = Hyperparameters.model_validate(
                {
                    "epochs": 3,
                    "layers": {"depth": 1 + number % 3, "width": 32 + number, "dropout": 0.1, "l2": 1e-5},
                    "optimizer": {"kind": kinds[number % len(kinds)]},
                }
            )
            yield Job(number, chosen, number, DataOrder(20, 0), "val_log_loss", "minimize")


class Silent(Observer):
    def epoch_ended(self, results: Sequence[EpochResult]) -> Sequence[Verdict]:
        return [Verdict.GO_ON] * len(results)


def main() -> None:
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    process = psutil.Process()
    began, sizes = time.perf_counter(), []
    for outcome in FitTrainer().train(Different(WARM_UP + trials), {MAIN_DATA: digits()}, Silent()):
        sizes.append(process.memory_info().rss / 2**20)
        if outcome.number % 10 == WARM_UP - 1:
            print(f"after {len(sizes):4} trials {sizes[-1]:7.1f} MB", flush=True)
    seconds = (time.perf_counter() - began) / len(sizes)
    grown = (sizes[-1] - sizes[WARM_UP - 1]) / trials
    print(f"{trials} trials of 3 epochs: {grown:.2f} MB and {seconds:.2f} s a trial")


if __name__ == "__main__":
    main()
