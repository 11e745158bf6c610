"""Whether a worker gets anywhere."""

from __future__ import annotations

from tuner.search.logging_watcher import LoggingWatcher
from tuner.training.job import EpochResult, Job


class CountingWatcher(LoggingWatcher):
    """Counts the epochs of this process's trials, and tells another watcher and the log everything.

    Attributes:
        epochs: how many have ended.
    """

    epochs = 0

    def epoch_ended(self, result: EpochResult, job: Job) -> None:
        self.epochs += 1
        super().epoch_ended(result, job)
