"""Sweeps on the screen when nothing runs: what their files come to, how their runs are, when they are due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from tuner.cli.tables import columns, done, echo_json, figure, pairs

if TYPE_CHECKING:
    from tuner.actions.sweeps.status import SweepStatus, SweptStatus
    from tuner.study.sweeps.definition import SweepDefinition

BROKEN = "has mistakes"
"""The state of a sweep whose file, or one that it names, cannot be used."""


def show_plan(sweep: SweepDefinition, *, as_json: bool) -> None:
    """What a sweep file comes to."""
    if as_json:
        echo_json(
            [
                {
                    "study": swept.name,
                    "file": str(swept.file),
                    "seed": swept.definition.seed,
                    "trials": swept.trials if swept.trials is not None else swept.definition.budget.trials,
                    "workers": swept.workers,
                    "trainer": swept.trainer,
                    "then": list(swept.then),
                }
                for swept in sweep.studies
            ]
        )
        return
    table: list[tuple[str, ...]] = [("study", "file", "seed", "trials", "workers", "trainer")]
    for swept in sweep.studies:
        trials = swept.trials if swept.trials is not None else swept.definition.budget.trials
        stated = (swept.definition.seed, trials, swept.workers, swept.trainer)
        table.append((swept.name, swept.file.name, *("-" if each is None else str(each) for each in stated)))
    columns(table)


def show_sweep(status: SweepStatus, *, as_json: bool) -> None:
    """How a sweep is."""
    if as_json:
        echo_json(status.as_json())
        return
    pairs(_head(status))
    table: list[tuple[str, ...]] = [("study", "state", "trials", "best", "workers", "then")]
    table += [_row(study) for study in status.studies]
    columns(table)
    for study in status.studies:
        if study.problem:
            click.echo(f"{study.name}: {study.problem}")


def show_sweeps(statuses: Sequence[SweepStatus], broken: Sequence[str], *, as_json: bool) -> None:
    """All sweeps of a project, a line each; also those whose files have mistakes."""
    if as_json:
        echo_json([*(status.as_json() for status in statuses), *({"sweep": name, "state": BROKEN} for name in broken)])
        return
    if not statuses and not broken:
        click.echo("There are no sweeps yet: no files in sweeps/.")
        return
    table = [("sweep", "state", "studies", "last run", "calendar")]
    for status in statuses:
        over = sum(study.state == "done" for study in status.studies)
        run = "-" if status.record is None else _shown(status.record.begun)
        calendars = ", ".join(entry.calendar for entry in status.entries) or "-"
        table.append((status.sweep, state_of(status), f"{over} of {len(status.studies)} done", run, calendars))
    columns([*table, *((name, BROKEN, "-", "-", "-") for name in broken)])


def state_of(status: SweepStatus) -> str:
    """How a sweep is, in a word or two."""
    record = status.record
    if record is None:
        return "not started"
    if status.led:
        return "stopping" if status.stopped else "running"
    if record.ended is not None:
        states: Mapping[int, str] = {0: "done", 1: "failed", 2: "refused", 3: "out of time"}
        return states[record.exit_code]
    if status.stopped:
        return "stopped"
    return "in the queue" if any(study.workers for study in status.studies) else "cut off"


def _head(status: SweepStatus) -> list[tuple[str, str]]:
    rows = [("sweep", f"{status.sweep} ({state_of(status)})")]
    record = status.record
    if record is not None:
        until = f", until {_shown(record.until)} at the latest" if record.until and not record.ended else ""
        ended = f", ended {_shown(record.ended)}" if record.ended else until
        rows.append(("last run", f"begun {_shown(record.begun)}{ended}"))
        if status.led:
            rows.append(("led by", f"process {record.pid} on {record.host}"))
    for entry in status.entries:
        rows.append(("calendar", entry.calendar + ("" if entry.enabled else ", switched off there")))
    last = status.last_result
    if last is not None:
        code = "" if last.exit_code is None else f" with exit code {last.exit_code}"
        rows.append(("by calendar", f"{_shown(last.begun)}: {last.state}{code}"))
    return rows


def _row(study: SweptStatus) -> tuple[str, ...]:
    summary = study.summary
    best = "-" if summary is None or summary.best is None else f"{summary.metric} {figure(summary.best.value)}"
    name = study.name if summary is None else summary.study
    then = "-"
    if study.commands is not None:
        then = f"{len(study.commands.failed)} failed" if study.commands.failed else "done"
    workers = "?" if study.workers is None else str(study.workers or "-")
    return name, study.state, "-" if summary is None else done(summary), best, workers, then


def _shown(moment: datetime) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")
