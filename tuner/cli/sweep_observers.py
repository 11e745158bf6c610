"""Sweeps on the screen while they run: plain lines for logs, a table on a terminal."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from tuner.actions.sweeps.observer import SweepObserver
from tuner.actions.sweeps.record import StudyRecord
from tuner.cli.picture import Picture
from tuner.cli.plain import count
from tuner.search.watcher import Progress, Watcher

if TYPE_CHECKING:
    from rich.console import RenderableType

LINE_SECONDS = 10.0
"""How far apart lines on one study are: a log of a night should be read in the morning."""

MOST_ROWS = 20
"""Studies that the table shows at once."""


class PlainSweep(SweepObserver):
    """Lines on the standard error, each with the name of its study in front."""

    def note(self, text: str) -> None:
        click.echo(text, err=True)

    def watcher(self, study: str) -> Watcher:
        return _PlainStudy(study)

    def study_changed(self, study: StudyRecord) -> None:
        if study.state != "running":
            problem = f": {study.problem}" if study.problem else ""
            click.echo(f"{study.name}: {study.state}{problem}", err=True)


class _PlainStudy(Watcher):
    def __init__(self, study: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._study = study
        self._clock = clock
        self._metric = ""
        self._told = (0, float("-inf"))

    def search_started(self, study: str, metric: str, progress: Progress) -> None:
        self._metric = metric
        generation = "" if study == self._study else f" as {study}"
        self._say(f"{count(progress)} trials finished, searching{generation} for the best {metric}")

    def progressed(self, progress: Progress) -> None:
        finished, moment = self._told
        now = self._clock()
        if progress.finished > finished and (now >= moment + LINE_SECONDS or progress.finished == progress.total):
            self._told = (progress.finished, now)
            best = "" if progress.best_value is None else f", best {self._metric} {progress.best_value:.5g}"
            self._say(f"{count(progress)} trials finished, {progress.running} running{best}")

    def note(self, text: str) -> None:
        self._say(text)

    def remark(self, text: str) -> None:
        self._say(text)

    def _say(self, text: str) -> None:
        click.echo(f"{self._study}: {text}", err=True)


class LiveSweep(Picture, SweepObserver):
    """A table that is drawn anew a few times a second: a row for each study."""

    def __init__(self, studies: list[str]) -> None:
        self._records = {name: StudyRecord(name) for name in studies}
        self._progress: dict[str, Progress] = {}
        self._metrics: dict[str, str] = {}
        self._changing = threading.Lock()

    def note(self, text: str) -> None:
        self.print_above(text)

    def watcher(self, study: str) -> Watcher:
        return _LiveStudy(self, study)

    def study_changed(self, study: StudyRecord) -> None:
        with self._changing:
            self._records[study.name] = study
        if study.problem:
            self.note(f"{study.name}: {study.problem}")

    def progressed(self, study: str, progress: Progress, metric: str) -> None:
        """A study has come further."""
        with self._changing:
            self._progress[study] = progress
            self._metrics[study] = metric

    def drawn(self) -> RenderableType:
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 2))
        with self._changing:
            # What goes on comes first where not all have room.
            records = sorted(self._records.values(), key=lambda record: record.state != "running")[:MOST_ROWS]
            for record in records:
                progress = self._progress.get(record.name)
                row = [Text(record.name, style="bold"), Text(record.state, style=_STYLES.get(record.state, ""))]
                if progress is not None:
                    best = (
                        "" if progress.best_value is None else f"{self._metrics[record.name]} {progress.best_value:.5g}"
                    )
                    bar = ProgressBar(total=progress.total, completed=progress.finished, width=20)
                    table.add_row(*row, bar, f"{count(progress)}, {progress.running} running", best)
                else:
                    table.add_row(*row)
            hidden = len(self._records) - len(records)
        lines: list[RenderableType] = [table]
        if hidden:
            lines.append(Text(f"and {hidden} more", style="dim"))
        if self._stopping:
            lines.append(Text(self._stopping, style="yellow"))
        return Group(*lines)


_STYLES = {"running": "cyan", "done": "green", "failed": "red", "refused": "red"}


class _LiveStudy(Watcher):
    def __init__(self, sweep: LiveSweep, study: str) -> None:
        self._sweep = sweep
        self._study = study
        self._metric = ""

    def search_started(self, study: str, metric: str, progress: Progress) -> None:
        self._metric = metric
        self._sweep.progressed(self._study, progress, metric)

    def progressed(self, progress: Progress) -> None:
        self._sweep.progressed(self._study, progress, self._metric)

    def note(self, text: str) -> None:
        self._sweep.note(f"{self._study}: {text}")

    def remark(self, text: str) -> None:
        self.note(text)
