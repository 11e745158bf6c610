#!/usr/bin/env python
"""How much memory a lane trainer grows by over thousands of trials: scripts/bench/lanes_memory.py [TRIALS]."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence

import numpy as np
import psutil

from tuner.data.prepared import Prepared
from tuner.hyperparameters import OPTIMIZERS, Hyperparameters
from tuner.lanes.signature import Expected
from tuner.training.job import MAIN_DATA, DataOrder, Done, EpochResult, Job, Verdict
from tuner.training.lanes import LaneTrainer
from tuner.training.trainer import Observer

LANES, ROWS, EVERY = 64, 320, 500


def table() -> Prepared:
    draw = np.random.RandomState(3)
    x = draw.normal(size=(ROWS + ROWS // 4, 8)).astype("float32")
    y = (x[:, 0] + x[:, 1] > 0).astype("int32")
    return Prepared("binary", x[:ROWS], y[:ROWS], x[ROWS:], y[ROWS:], ("no", "yes"))


class Different:
    """Jobs over all optimizers, widths, depths and activations in turn; a third of them is to be pruned."""

    def __init__(self, trials: int) -> None:
        self._jobs = self._all(trials)

    def next(self) -> Job | Done:
        return next(self._jobs, Done())

    def _all(self, trials: int) -> Iterator[Job]:
        kinds = list(OPTIMIZERS)
        for number in range(trials):
            layers = {"depth": 1 + number % 2, "width": 8 + number % 25, "activation": ("relu", "tanh")[number % 2]}
            chosen = Hyperparameters.model_validate(
                {
                    "epochs": 3 + number % 3,
                    "layers": {**layers, "dropout": 0.1, "l2": 1e-5},
                    "optimizer": {"kind": kinds[number % len(kinds)]},
                }
            )
            yield Job(number, chosen, number, DataOrder(20, 0), "val_log_loss", "minimize")


class PrunesAThird(Observer):
    def epoch_ended(self, results: Sequence[EpochResult]) -> Sequence[Verdict]:
        return [Verdict.PRUNE if each.number % 3 == 0 and each.epoch == 1 else Verdict.GO_ON for each in results]


def main() -> None:
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    process = psutil.Process()
    expected = Expected(widths=(32,), activations=("relu", "tanh"), techniques=frozenset({"dropout", "penalties"}))
    began, sizes = time.perf_counter(), []
    for _ in LaneTrainer(LANES, expected, threads=2).train(Different(trials), {MAIN_DATA: table()}, PrunesAThird()):
        sizes.append(process.memory_info().rss / 2**20)
        if len(sizes) in (LANES, 2 * LANES) or len(sizes) % EVERY == 0:
            print(f"after {len(sizes):5} trials {sizes[-1]:7.1f} MB", flush=True)
    first = sizes[min(2 * LANES, len(sizes)) - 1]
    seconds = time.perf_counter() - began
    print(f"{trials} trials in {seconds:.0f} s: {sizes[-1] - first:+.1f} MB since trial {2 * LANES}")


if __name__ == "__main__":
    main()
