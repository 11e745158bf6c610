"""A search where the output is no terminal: plain lines."""

from __future__ import annotations

import click

from tuner.report.words import in_words
from tuner.search.watcher import Fullness, Progress, Watcher
from tuner.training.job import End, EpochResult, Job, Outcome


class PlainWatcher(Watcher):
    """One line for each trial that ends, on the standard error, where logs belong."""

    def __init__(self) -> None:
        self._metric = ""
        self._fullness = Fullness()

    def search_started(self, study: str, metric: str, progress: Progress) -> None:
        self._metric = metric
        click.echo(f"{study}: {count(progress)} trials finished, searching for the best {metric}", err=True)

    def epoch_ended(self, result: EpochResult, job: Job) -> None:
        self._fullness.add(result)

    def trial_ended(self, job: Job, outcome: Outcome, value: float | None, progress: Progress) -> None:
        best = ", the best so far" if progress.best_number == job.number and outcome.end is not End.PRUNED else ""
        if progress.front:
            best += f", front of {progress.front}"
        figure = "" if value is None else f", {self._metric} {value:.5g}"
        click.echo(
            f"[{count(progress)}] trial {job.number} {outcome.end.value} after {_epochs(outcome.epochs)} in "
            f"{outcome.seconds:.1f} s{figure}{best} ({in_words(job.hyperparameters.model_dump())})",
            err=True,
        )

    def progressed(self, progress: Progress) -> None:
        best = "" if progress.best_value is None else f", best {self._metric} {progress.best_value:.5g}"
        best += f", front of {progress.front}" if progress.front else ""
        click.echo(f"[{count(progress)}] {progress.running} running{best}", err=True)

    def note(self, text: str) -> None:
        click.echo(text, err=True)

    def remark(self, text: str) -> None:
        click.echo(text, err=True)

    def search_ended(self) -> None:
        if self._fullness.in_words:
            click.echo(self._fullness.in_words, err=True)


def _epochs(count: int) -> str:
    return f"{count} epoch{'' if count == 1 else 's'}"


def count(progress: Progress) -> str:
    """How many trials are finished, and of how many.

    >>> count(Progress(3, 40))
    '3 of 40'
    """
    return f"{progress.finished}" if progress.total is None else f"{progress.finished} of {progress.total}"
