"""A search in the log: one line for each thing that happens, for runs that nobody watches."""

from __future__ import annotations

import logging

from tuner.search.watcher import Fullness, Progress, Watcher
from tuner.training.job import End, EpochResult, Job, Outcome

log = logging.getLogger("tuner.search")


class LoggingWatcher(Watcher):
    """Writes to the logger `tuner.search`: trials at INFO, epochs at DEBUG, what went wrong at WARNING.

    Everything is told to another watcher too.
    """

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self._lanes = Fullness()

    def search_started(self, study: str, metric: str, progress: Progress) -> None:
        log.info("study %s: %d trials finished, budget %s, metric %s", study, progress.finished, progress.total, metric)
        self._watcher.search_started(study, metric, progress)

    def trial_started(self, job: Job, attempt: int) -> None:
        log.info("trial %d started (attempt %d): %s", job.number, attempt, job.hyperparameters.model_dump_json())
        self._watcher.trial_started(job, attempt)

    def epoch_ended(self, result: EpochResult, job: Job) -> None:
        self._lanes.add(result)
        log.debug(
            "trial %d epoch %d: %s %.6g, learning rate %.4g",
            result.number,
            result.epoch,
            job.metric,
            result.metrics[job.metric],
            result.learning_rate,
        )
        self._watcher.epoch_ended(result, job)

    def trial_ended(self, job: Job, outcome: Outcome, value: float | None, progress: Progress) -> None:
        level = logging.WARNING if outcome.end is End.FAILED else logging.INFO
        log.log(
            level,
            "trial %d %s after %d epochs in %.1f s, value %s%s",
            job.number,
            outcome.end.value,
            outcome.epochs,
            outcome.seconds,
            value,
            f": {outcome.error}" if outcome.error else "",
        )
        self._watcher.trial_ended(job, outcome, value, progress)

    def progressed(self, progress: Progress) -> None:
        log.info("%d trials finished, budget %s, %d running", progress.finished, progress.total, progress.running)
        self._watcher.progressed(progress)

    def note(self, text: str) -> None:
        log.warning("%s", text)
        self._watcher.note(text)

    def remark(self, text: str) -> None:
        log.info("%s", text)
        self._watcher.remark(text)

    def search_ended(self) -> None:
        log.info("the search has ended%s", f"; {self._lanes.in_words}" if self._lanes.room else "")
        self._watcher.search_ended()
