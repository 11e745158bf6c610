"""The fit trainer in a child process: the one test here that pays for a real TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tuner.data.prepared import Prepared
from tuner.hyperparameters import Hyperparameters
from tuner.training.hosted import HostedTrainer
from tuner.training.job import MAIN_DATA, DataOrder, Done, End, EpochResult, Job, Verdict, Wait


class TwoJobs:
    """Two tiny jobs with schedules, and an observer that never objects."""

    def __init__(self) -> None:
        self._left = [self._job(0, "adam"), self._job(1, "sgd")]
        self.epochs: list[tuple[int, int]] = []

    def next(self) -> Job | Wait | Done:
        return self._left.pop(0) if self._left else Done()

    def epoch_ended(self, results: Sequence[EpochResult]) -> Sequence[Verdict]:
        self.epochs.extend((result.number, result.epoch) for result in results)
        return [Verdict.GO_ON] * len(results)

    @staticmethod
    def _job(number: int, kind: str) -> Job:
        hyperparameters = Hyperparameters.model_validate(
            {
                "epochs": 2,
                "layers": {"depth": 1, "width": 4},
                "optimizer": {"kind": kind},
                "schedule": {"kind": "iir", "alpha": 0.5, "minimum": 1e-5},
            }
        )
        return Job(number, hyperparameters, number, DataOrder(1, 0), "val_log_loss", "minimize")


def test_fit_trainer_trains_in_a_child_process():
    x = np.linspace(-1, 1, 96, dtype=np.float32).reshape(32, 3)
    y = (x[:, 0] > 0).astype(np.int32)
    data = {MAIN_DATA: Prepared("binary", x, y, x, y, classes=("no", "yes"))}
    jobs = TwoJobs()
    outcomes = list(HostedTrainer("fit").train(jobs, data, jobs))
    assert [(outcome.number, outcome.end, outcome.error) for outcome in outcomes] == [
        (0, End.FINISHED, None),
        (1, End.FINISHED, None),
    ]
    assert all(np.isfinite(outcome.best_metrics["val_log_loss"]) for outcome in outcomes)
    assert jobs.epochs == [(0, 0), (0, 1), (1, 0), (1, 1)]
