"""How a sweep is: its last run, each of its studies, and when it is due again."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tuner.actions.calendar import results, scheduled
from tuner.actions.defaults import Storage
from tuner.actions.sweeps.commands import CommandsRun, commands_run
from tuner.actions.sweeps.ground import Ground
from tuner.actions.sweeps.queue import workers_in_queue
from tuner.actions.sweeps.record import StudyRecord, SweepRecord, read_record
from tuner.actions.sweeps.run import ground_of
from tuner.cluster.calendars import Installed, LastResult
from tuner.cluster.calendars.run_lock import is_held
from tuner.errors import ClusterError
from tuner.report.summary import StudySummary, summarize
from tuner.search.generations import generations
from tuner.search.storage import exists, opened
from tuner.search.studies import load_stored
from tuner.study.sweeps.definition import Swept


@dataclass(frozen=True)
class SweptStatus:
    """How one study of a sweep is.

    Attributes:
        name: what the sweep calls it.
        state: how it is in the last run; `not started` if there was none.
        problem: why it was refused or has failed.
        summary: what its newest generation has come to; None if nothing is stored of it.
        workers: how many it has in a cluster's queue; None if that cannot be told.
        commands: how the commands behind it ended; None if none were run.
        output: what they have printed; None if none were run.
    """

    name: str
    state: str
    problem: str
    summary: StudySummary | None
    workers: int | None
    commands: CommandsRun | None
    output: Path | None


@dataclass(frozen=True)
class SweepStatus:
    """How a sweep is.

    Attributes:
        sweep: its name.
        source: its file.
        record: its last run; None if there was none.
        led: whether somebody runs it at the moment, or follows its workers.
        stopped: whether somebody has asked its last run to stop.
        studies: how each is.
        entries: the calendars' entries that start it.
        results: how the last runs went that a calendar started, the newest last.
    """

    sweep: str
    source: str
    record: SweepRecord | None
    led: bool
    stopped: bool
    studies: tuple[SweptStatus, ...]
    entries: tuple[Installed, ...]
    results: tuple[LastResult, ...]

    @property
    def last_result(self) -> LastResult | None:
        """How the last run went that a calendar started; None if there was none."""
        return self.results[-1] if self.results else None

    def as_json(self) -> dict[str, Any]:
        """The status as a plain tree."""
        return {
            "sweep": self.sweep,
            "source": self.source,
            "led": self.led,
            "stopped": self.stopped,
            "run": None if self.record is None else self.record.as_json(),
            "studies": [_study_as_json(study) for study in self.studies],
            "calendar": [{"calendar": entry.calendar, "enabled": entry.enabled} for entry in self.entries],
            "results": [_plain({**asdict(result), "state": result.state}) for result in self.results],
        }


def sweep_status(sweep: str, *, root: Path | None = None, storage: Storage = None) -> SweepStatus:
    """How a sweep is; nothing is changed, and nobody waits.

    Args:
        sweep: its name, or its file's path.
        root: the project root; found as the command line finds it if left out.
        storage: where trials are kept; each study's own place if left out.
    Raises:
        CalendarError: if what a calendar's run has left cannot be read.
        ClusterError: if what a run of the sweep has left cannot be read.
        StorageError: if a storage cannot be read.
        StudyError, StudyFileError: if the sweep's file has mistakes.
    """
    ground = ground_of(sweep, root, storage)
    record = read_record(ground.places.record)
    name = ground.sweep.name
    return SweepStatus(
        sweep=name,
        source=ground.sweep.source,
        record=record,
        led=is_held(ground.places.lock),
        stopped=ground.places.stop.exists(),
        studies=tuple(_study_status(ground, swept, record) for swept in ground.sweep.studies),
        entries=tuple(entry for entry in scheduled(root=ground.root) if entry.name == name),
        results=tuple(results(name, root=ground.root)),
    )


def _study_status(ground: Ground, swept: Swept, record: SweepRecord | None) -> SweptStatus:
    known = [] if record is None else [study for study in record.studies if study.name == swept.name]
    study = known[0] if known else StudyRecord(swept.name)
    summary, commands = _stored(ground, swept)
    workers = None
    with suppress(ClusterError):
        workers = workers_in_queue(ground, swept, study.stored)
    return SweptStatus(
        name=swept.name,
        state=study.state if known else "not started",
        problem=study.problem,
        summary=summary,
        workers=workers,
        commands=commands,
        output=None if commands is None or summary is None else ground.places.output(summary.study),
    )


def _stored(ground: Ground, swept: Swept) -> tuple[StudySummary | None, CommandsRun | None]:
    """What is stored of a study's newest generation."""
    url = ground.url(swept)
    if not exists(url):
        return None, None
    with opened(url) as backend:
        names = generations(backend, swept.name)
        if not names:
            return None, None
        stored = load_stored(backend, names[-1])
        return summarize(stored), commands_run(stored.study.user_attrs)


def _study_as_json(study: SweptStatus) -> dict[str, Any]:
    return {
        "study": study.name,
        "state": study.state,
        "problem": study.problem or None,
        "stored": None if study.summary is None else study.summary.as_json(),
        "workers": study.workers,
        "commands": None if study.commands is None else dict(study.commands.exit_codes),
        "output": None if study.output is None else str(study.output),
    }


def _plain(tree: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in tree.items()}
