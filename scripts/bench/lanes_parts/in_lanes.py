"""Lanes: all trials of a work, drawn at random, in one compiled program."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Sequence
from typing import Any

from scripts.bench.lanes_parts import space
from scripts.bench.lanes_parts.works import Work
from tuner.data.prepared import Prepared
from tuner.hyperparameters import Hyperparameters
from tuner.lanes.signature import Expected
from tuner.training.job import MAIN_DATA, DataOrder, Done, End, EpochResult, Job, Verdict
from tuner.training.lanes import LaneTrainer
from tuner.training.trainer import Observer

METRIC = "val_log_loss"
ACTIVATION = "relu"


class InLanes:
    """Trains all trials, one filling of the program after another."""

    def __init__(self, work: Work, data: Prepared, *, lanes: int, threads: int, seed: int) -> None:
        self._work = work
        self._data = data
        self._lanes = lanes
        self._threads = threads
        self._seed = seed

    def run(self, *, trials: int, epochs: int) -> dict[str, Any]:
        """Train so many trials for so many epochs.

        Returns:
            The seconds from the first job asked to the last outcome, until the end of the first epoch, the epochs of
            all lanes together, of all lanes in the first epoch, and how many trials diverged.
        Raises:
            RuntimeError: if a trial failed.
        """
        lanes = min(self._lanes, trials)
        expected = Expected(
            widths=(self._work.width,), activations=(ACTIVATION,), techniques=frozenset({"dropout", "penalties"})
        )
        trainer = LaneTrainer(lanes=lanes, expected=expected, threads=self._threads)
        jobs = Drawn(self._work, trials=trials, epochs=epochs, seed=self._seed)
        watch = Watch(lanes)
        began = time.perf_counter()
        outcomes = list(trainer.train(jobs, {MAIN_DATA: self._data}, watch))
        seconds = time.perf_counter() - began
        if len(outcomes) != trials:
            raise RuntimeError(f"{trials} trials came to {len(outcomes)} outcomes")
        failed = [outcome.error for outcome in outcomes if outcome.end is End.FAILED]
        if failed:
            raise RuntimeError(f"{len(failed)} of {trials} trials failed: {failed[0]}")
        return {
            "seconds": seconds,
            "first": watch.first_ended - began,
            "epochs": watch.epochs,
            "epochs_in_first": lanes,
            "diverged": sum(outcome.end is End.DIVERGED for outcome in outcomes),
        }


class Watch(Observer):
    """An observer that never objects, and notes when every lane has had its first epoch."""

    def __init__(self, lanes: int) -> None:
        self.epochs = 0
        self.first_ended = math.nan
        self._lanes = lanes

    def epoch_ended(self, results: Sequence[EpochResult]) -> Sequence[Verdict]:
        self.epochs += len(results)
        if math.isnan(self.first_ended) and self.epochs >= self._lanes:
            self.first_ended = time.perf_counter()
        return [Verdict.GO_ON] * len(results)


class Drawn:
    """Jobs drawn at random from the space, each when it is asked for."""

    def __init__(self, work: Work, *, trials: int, epochs: int, seed: int) -> None:
        self._work = work
        self._numbers = iter(range(trials))
        self._epochs = epochs
        self._seed = seed
        self._random = random.Random(seed)

    def next(self) -> Job | Done:
        number = next(self._numbers, None)
        if number is None:
            return Done()
        order = DataOrder(seed=self._seed, stream=0)
        return Job(number, self._hyperparameters(), seed=number, order=order, metric=METRIC, direction="minimize")

    def _hyperparameters(self) -> Hyperparameters:
        even, work = self._random.uniform, self._work
        kind = self._random.choice(list(space.MOMENTUM_OF))
        rate = {} if kind == "adadelta" else {"learning_rate": self._log(*space.LEARNING_RATE)}
        stated: dict[str, Any] = {
            "batch_size": work.batch_size,
            "epochs": self._epochs,
            "layers": {
                "depth": work.depth,
                "width": work.width,
                "activation": ACTIVATION,
                "dropout": even(*space.DROPOUT),
                "l1": self._log(*space.L1),
                "l2": self._log(*space.L2),
            },
            "optimizer": {"kind": kind, **rate},
            "schedule": {"kind": "iir", "alpha": even(*space.ALPHA), "minimum": 1e-5},
            "plateau": {"patience": self._random.randint(*space.PATIENCE), "factor": 0.5},
        }
        if space.MOMENTUM_OF[kind] is not None:
            bounds = {"start": even(*space.MOMENTUM_START), "maximum": even(*space.MOMENTUM_MAXIMUM)}
            stated["momentum"] = {"kind": "rise", "step": 0.01, **bounds}
        return Hyperparameters.model_validate(stated)

    def _log(self, low: float, high: float) -> float:
        return math.exp(self._random.uniform(math.log(low), math.log(high)))
