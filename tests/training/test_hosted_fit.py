"""The fit trainer in a child process: the one test here that pays for a real TensorFlow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from tuner.data.prepared import Prepared
from tuner.hyperparameters import Hyperparameters
from tuner.training.hosted import HostedTrainer
from tuner.training.job import MAIN_DATA, DataOrder, Done, End, EpochResult, Job, Outcome, Verdict, Wait
from tuner.training.trainer import Observer


class TwoJobs(Observer):
    """Two tiny jobs with schedules; the second is handed back after its first epoch, and goes on after that."""

    def __init__(self) -> None:
        self._left = [self._job(0, "adam"), self._job(1, "sgd")]
        self._given: list[Job] = []
        self.epochs: list[tuple[int, int]] = []

    def next(self) -> Job | Wait | Done:
        if not self._left:
            return Done()
        self._given.append(self._left.pop(0))
        return self._given[-1]

    def epoch_ended(self, results: Sequence[EpochResult]) -> Sequence[Verdict]:
        self.epochs.extend((result.number, result.epoch) for result in results)
        return [Verdict.HAND_BACK if self.epochs[-1] == (1, 0) else Verdict.GO_ON]

    def followed(self, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        for outcome in outcomes:
            if outcome.end is End.HANDED_BACK:
                self._left.append(replace(self._given[-1], checkpoint=outcome.checkpoint))
            yield outcome

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


def test_fit_trainer_trains_in_a_child_process_and_goes_on_from_its_checkpoints(tmp_path: Path) -> None:
    x = np.linspace(-1, 1, 96, dtype=np.float32).reshape(32, 3)
    y = (x[:, 0] > 0).astype(np.int32)
    data = {MAIN_DATA: Prepared("binary", x, y, x, y, classes=("no", "yes"))}
    jobs = TwoJobs()
    trainer = HostedTrainer("fit", settings={"checkpoints": str(tmp_path)})
    outcomes = list(jobs.followed(trainer.train(jobs, data, jobs)))
    assert [(outcome.number, outcome.end, outcome.epochs, outcome.error) for outcome in outcomes] == [
        (0, End.FINISHED, 2, None),
        (1, End.HANDED_BACK, 1, None),
        (1, End.FINISHED, 2, None),
    ]
    assert all(np.isfinite(outcome.best_metrics["val_log_loss"]) for outcome in outcomes)
    assert jobs.epochs == [(0, 0), (0, 1), (1, 0), (1, 1)]
