#!/usr/bin/env python
"""How much memory a search of many small trials holds, parent and child together, when the child is recycled.

    scripts/bench/recycling.py --trials 200

Prints the resident memory after the first trial, at its highest (sampled all along) and after the last, and fails if
the highest exceeds the first by more than 500 MiB. `--max-growth 1000000` (MiB) shows the leak without recycling.
"""

from __future__ import annotations

import argparse
import random
import sys
import threading
import time
from collections.abc import Sequence

import numpy as np
import psutil

from tuner.data.prepared import Prepared
from tuner.hyperparameters import OPTIMIZERS, Hyperparameters
from tuner.training.hosted import HostedTrainer
from tuner.training.job import MAIN_DATA, DataOrder, Done, End, EpochResult, Job, Verdict, Wait
from tuner.training.trainer import Observer

MIB = 2**20
ALLOWED_GROWTH_MIB = 500


class VariedJobs(Observer):
    """Small trials over varied architectures, and an observer that never objects."""

    def __init__(self, trials: int, *, epochs: int, seed: int) -> None:
        self._numbers = iter(range(trials))
        self._epochs = epochs
        self._random = random.Random(seed)

    def next(self) -> Job | Wait | Done:
        number = next(self._numbers, None)
        if number is None:
            return Done()
        chosen = Hyperparameters.model_validate(
            {
                "epochs": self._epochs,
                "batch_size": self._random.choice([16, 32, 64]),
                "layers": {
                    "depth": self._random.randint(1, 3),
                    "width": self._random.randint(16, 256),
                    "activation": self._random.choice(["relu", "elu", "tanh"]),
                    "dropout": self._random.choice([0.0, 0.3]),
                    "l2": 1e-4,
                },
                "optimizer": {"kind": self._random.choice(list(OPTIMIZERS))},
            }
        )
        return Job(number, chosen, number, DataOrder(1, 0), "val_log_loss", "minimize")

    def epoch_ended(self, results: Sequence[EpochResult]) -> Sequence[Verdict]:
        return [Verdict.GO_ON] * len(results)


class MemoryWatch(threading.Thread):
    """Samples the resident memory of this process and its children."""

    def __init__(self, *, every_seconds: float) -> None:
        super().__init__(daemon=True)
        self.highest = 0.0
        self._every_seconds = every_seconds
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(self._every_seconds):
            self.highest = max(self.highest, resident_mib())

    def stop(self) -> None:
        self._over.set()
        self.join()


def resident_mib() -> float:
    """Resident memory of this process and its children, in MiB."""
    me = psutil.Process()
    total = 0
    for process in (me, *me.children(recursive=True)):
        try:
            total += process.memory_info().rss
        except psutil.Error:
            continue
    return total / MIB


def table(rows: int, *, features: int = 64, classes: int = 10) -> Prepared:
    """Random rows in the shape of the digits."""
    draw = np.random.default_rng(0)
    x = draw.normal(size=(rows, features)).astype(np.float32)
    y = np.argmax(x[:, :classes], axis=1).astype(np.int32)
    cut = rows * 4 // 5
    return Prepared("multiclass", x[:cut], y[:cut], x[cut:], y[cut:], classes=tuple(map(str, range(classes))))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--epochs", type=int, default=2, help="epochs of each trial")
    parser.add_argument("--rows", type=int, default=600, help="rows of the table")
    parser.add_argument("--max-growth", type=int, default=300, help="when to recycle the child, in MiB")
    asked = parser.parse_args()

    trainer = HostedTrainer("fit", max_growth_bytes=asked.max_growth * MIB)
    jobs = VariedJobs(asked.trials, epochs=asked.epochs, seed=1)
    watch = MemoryWatch(every_seconds=0.05)
    after_each: list[float] = []
    failed = 0
    began = time.monotonic()
    for outcome in trainer.train(jobs, {MAIN_DATA: table(asked.rows)}, jobs):
        after_each.append(resident_mib())
        failed += outcome.end is End.FAILED
        if len(after_each) == 1:
            watch.start()
    seconds = time.monotonic() - began
    watch.stop()

    first, last, highest = after_each[0], after_each[-1], max(*after_each, watch.highest)
    print(f"{len(after_each)} trials ({failed} failed) of {asked.epochs} epochs in {seconds:.0f} s")
    print(f"resident memory, parent and child: {first:.0f} MiB after the first trial, {last:.0f} MiB after the last")
    print(f"at its highest {highest:.0f} MiB, which is {highest - first:+.0f} MiB")
    print(f"the child was recycled {trainer.recycled} times")
    return int(failed > 0 or highest - first > ALLOWED_GROWTH_MIB)


if __name__ == "__main__":
    sys.exit(main())
