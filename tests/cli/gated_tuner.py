"""`tuner` whose training stops at a gate, for tests that interrupt it: `python -m tests.cli.gated_tuner ...`.

Keras trains for real, but no epoch after a trial's first two is reported before the file that GATE names exists.
A test can thus wait for the second epoch's report, do what it likes as slowly as it likes, and open the gate.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tuner.data.prepared import Prepared
from tuner.training.hosted import HostedTrainer
from tuner.training.job import DataKey, EpochResult, Outcome, Verdict
from tuner.training.trainer import JobSource, Observer, Trainer

FREE_EPOCHS = 2


class GatedTrainer(Trainer):
    """Keras `fit`, or another trainer, whose observer is told of an epoch once the gate is open."""

    def train(self, jobs: JobSource, data: Mapping[DataKey, Prepared], observer: Observer) -> Iterator[Outcome]:
        from tuner.training.fit import FitTrainer

        yield from FitTrainer().train(jobs, data, _Gate(observer, Path(os.environ["GATE"])))


class _Gate:
    def __init__(self, observer: Observer, gate: Path) -> None:
        self._observer = observer
        self._gate = gate

    def starting(self) -> None:
        self._observer.starting()

    def epoch_begins(self) -> None:
        self._observer.epoch_begins()

    def epoch_ended(self, results: Sequence[EpochResult]) -> Sequence[Verdict]:
        while max(result.epoch for result in results) >= FREE_EPOCHS and not self._gate.exists():
            time.sleep(0.02)
        return self._observer.epoch_ended(results)


def gated(trainer: str, *, settings: Mapping[str, Any], **arguments: Any) -> HostedTrainer:
    """Stands in for `HostedTrainer`; settings are for the trainer that is replaced."""
    return HostedTrainer("tests.cli.gated_tuner:GatedTrainer", **arguments)


if __name__ == "__main__":
    # Not where the trainer's process imports this, which needs neither.
    from tuner.actions import search
    from tuner.cli.main import main

    search.HostedTrainer = gated  # type: ignore[assignment, misc]
    main()
