"""A search on a terminal: a live picture for people."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tuner.cli.picture import Picture
from tuner.cli.plain import count
from tuner.report.words import in_words
from tuner.search.watcher import Fullness, Progress, Watcher
from tuner.study.durations import duration_of
from tuner.training.job import EpochResult, Job, LaneUse, Outcome

if TYPE_CHECKING:
    from rich.console import RenderableType


WIDE = 90
"""Columns that the picture's first line needs with its bar."""

MOST_SHOWN = 3
"""Trials that the picture names when many run at once."""


class LiveWatcher(Picture, Watcher):
    """A picture that is drawn anew a few times a second: how far, how fast, the best so far, and what runs."""

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._began = time.monotonic()
        self._study = self._metric = ""
        self._progress = self._at_start = Progress(0, None)
        self._running: dict[int, tuple[Job, EpochResult | None]] = {}
        self._trains = False
        self._lanes: LaneUse | None = None
        self._fullness = Fullness()
        self._ended = self._refilled = self._elsewhere = 0

    def search_started(self, study: str, metric: str, progress: Progress) -> None:
        self._study, self._metric = study, metric
        self._progress = self._at_start = progress
        self._began = time.monotonic()

    def trial_started(self, job: Job, attempt: int) -> None:
        self._trains = True
        if self._ended and self._running:
            self._refilled += 1
        self._running[job.number] = (job, None)

    def epoch_ended(self, result: EpochResult, job: Job) -> None:
        self._running[job.number] = (job, result)
        self._lanes = result.lanes
        self._fullness.add(result)

    def trial_ended(self, job: Job, outcome: Outcome, value: float | None, progress: Progress) -> None:
        self._running.pop(job.number, None)
        self._ended += 1
        self._progress = progress

    def progressed(self, progress: Progress) -> None:
        self._trains = True
        self._elsewhere = progress.running
        self._progress = progress

    def note(self, text: str) -> None:
        self.print_above(text)

    def remark(self, text: str) -> None:
        self.note(text)

    def search_ended(self) -> None:
        if self._fullness.in_words:
            self.note(self._fullness.in_words)

    # The picture.

    def drawn(self) -> RenderableType:
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        progress = self._progress
        name = Text(self._study or "starting", style="bold")
        ended = f"{progress.pruned} pruned" + (f", {progress.failed} failed" if progress.failed else "")
        head = Table.grid(padding=(0, 2))
        rest: list[tuple[str, str]] = []
        if self.width is not None and self.width < WIDE:
            head.add_row(name, Text(f"{count(progress)} trials, {ended}"))
            rest.append(("pace", self._pace()))
        else:
            bar = ProgressBar(total=progress.total, completed=progress.finished, width=28)
            head.add_row(
                name, bar, Text(f"{count(progress)} trials"), Text(ended, style="dim"), Text(self._pace(), style="dim")
            )
        rows = Table.grid(padding=(0, 2))
        rows.add_column(style="cyan", no_wrap=True)
        rows.add_column()
        for label, text in (*rest, *self._best(), *self._now()):
            rows.add_row(label, Text(text, overflow="ellipsis"))
        if self._stopping:
            rows.add_row("", Text(self._stopping, style="yellow"))
        return Group(head, rows)

    def _pace(self) -> str:
        elapsed = time.monotonic() - self._began
        done = self._progress.finished - self._at_start.finished
        if not done:
            return duration_of(elapsed)
        left = (
            None if self._progress.total is None else (self._progress.total - self._progress.finished) * elapsed / done
        )
        if self._seconds is not None:
            remaining = max(0.0, self._seconds - elapsed)
            left = remaining if left is None else min(left, remaining)
        pace = f"{60 * done / elapsed:.1f} trials a minute"
        return pace if left is None else f"{pace}, about {duration_of(left)} left"

    def _best(self) -> Iterator[tuple[str, str]]:
        progress = self._progress
        if progress.best_number is None or progress.best_value is None:
            return
        kept: Mapping[str, Any] = progress.best_attributes
        others = [
            f"{name} {value:.4g}"
            for name, value in kept.get("metrics", {}).items()
            if name.startswith("val_") and name not in (self._metric, "val_loss")
        ]
        yield "best", ", ".join([f"trial {progress.best_number}: {self._metric} {progress.best_value:.5g}", *others])
        if progress.front:
            yield "front", f"{progress.front} trials that no other one beats in everything"
        if "hyperparameters" in kept:
            yield "", in_words(kept["hyperparameters"])

    def _now(self) -> Iterator[tuple[str, str]]:
        if self._study and not self._trains and not self._stopping:
            yield "now", "Keras and TensorFlow are starting"
        if self._elsewhere:
            yield "now", f"{self._elsewhere} trials are being trained by other processes"
        running = list(self._running.values())
        if self._lanes is not None or len(running) > 1:
            yield from self._many(running)
            return
        for job, result in running:
            epochs = job.hyperparameters.epochs
            value = "" if result is None else f", {self._metric} {result.metrics[self._metric]:.5g}"
            done = 0 if result is None else result.epoch + 1
            yield "now", f"trial {job.number}: epoch {done} of {epochs}{value}"
            yield "", in_words(job.hyperparameters.model_dump())

    def _many(self, running: list[tuple[Job, EpochResult | None]]) -> Iterator[tuple[str, str]]:
        """How full the lanes are, and the best of the trials in them."""
        busy = f"{len(running)}" if self._lanes is None else f"{self._lanes.busy} of {self._lanes.room}"
        yield "lanes", f"{busy} busy, {self._refilled} refilled"
        reported = [(job, result) for job, result in running if result is not None]
        for job, result in sorted(reported, key=self._rank)[:MOST_SHOWN]:
            epoch = f"epoch {result.epoch + 1} of {job.hyperparameters.epochs}"
            # Layers and optimizer, which `in_words` tells first; all of it would fill the screen.
            what = ", ".join(in_words(job.hyperparameters.model_dump()).split(", ")[:2])
            yield "now", f"trial {job.number}: {epoch}, {self._metric} {result.metrics[self._metric]:.5g}, {what}"

    def _rank(self, trial: tuple[Job, EpochResult]) -> float:
        """Ascending from the best; what is no number comes last."""
        job, result = trial
        value = result.metrics[self._metric]
        return math.inf if math.isnan(value) else value if job.direction == "minimize" else -value
