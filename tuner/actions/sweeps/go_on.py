"""What a job behind a study's workers does once these are over: it goes on with the sweep, though nobody follows it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tuner.actions.defaults import Storage, logs_of
from tuner.actions.reap import reap
from tuner.actions.show import show
from tuner.actions.sweeps.ground import Ground
from tuner.actions.sweeps.observer import SweepObserver
from tuner.actions.sweeps.one_study import search_study
from tuner.actions.sweeps.queue import workers_in_queue
from tuner.actions.sweeps.record import OVER, StudyRecord, SweepRecord, read_record, write_record
from tuner.actions.sweeps.run import ground_of
from tuner.cluster.calendars.run_lock import run_lock
from tuner.cluster.tails import tail
from tuner.errors import StudyError
from tuner.search.stop import StopRequest
from tuner.study.sweeps.definition import Swept

MOST_ROUNDS = 3
"""Workers of a study that may end in a row, without a further finished trial, before no others are queued."""

LOOK_SECONDS = 5.0
"""How often to look whether trials of lost workers may be put back."""


def go_on(
    sweep: str,
    *,
    root: Path | None = None,
    storage: Storage = None,
    observer: SweepObserver | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> SweepRecord | None:
    """Go on with a run of a sweep on a cluster: put back stale trials, queue workers, run what is behind studies.

    Only studies that have no worker in the queue are looked at; the others have a job behind them as well. Where
    somebody follows the run, this is theirs. A run that has ended, or was asked to stop, is not begun again.

    Args:
        sweep: its name, or its file's path.
        root: the project root; found as the command line finds it if left out.
        storage: where trials are kept; each study's own place if left out.
        observer: told of everything that happens.
        sleep: waits between looks.
    Returns:
        How the run is; None if there is none.
    Raises:
        ClusterError: if the batch system does not answer.
        StudyError, StudyFileError: if the sweep's file has mistakes by now.
    """
    ground = ground_of(sweep, root, storage)
    observer = observer if observer is not None else SweepObserver()
    with run_lock(ground.places.lock) as lock:
        record = read_record(ground.places.record)
        if record is None or record.ended is not None or ground.places.stop.exists():
            return record
        if lock is None:
            observer.note(f"process {record.pid} on {record.host} follows this sweep, and goes on with it")
            return record
        for swept in ground.sweep.studies:
            study = next((each for each in record.studies if each.name == swept.name), StudyRecord(swept.name))
            if study.state in OVER or workers_in_queue(ground, swept, study.stored):
                continue
            changed = _gone_on(ground, swept, study, record.until, observer, sleep)
            observer.study_changed(changed)
            record = record.with_study(changed)
            write_record(ground.places.record, record)
        if all(study.state in OVER for study in record.studies):
            record = replace(record, ended=datetime.now(UTC))
            write_record(ground.places.record, record)
        return record


def _gone_on(
    ground: Ground,
    swept: Swept,
    study: StudyRecord,
    until: datetime | None,
    observer: SweepObserver,
    sleep: Callable[[float], None],
) -> StudyRecord:
    """Queue workers for a study that has none, unless it is over, or they end again and again without a trial."""
    name = study.stored or swept.name
    finished = _once_something_is_left(ground, swept, name, until, sleep)
    rounds = study.rounds + 1 if finished == study.finished else 0
    if rounds >= MOST_ROUNDS:
        said = tail(logs_of(ground.root, name) / "worker-0.log")
        problem = f"its workers have ended {rounds} times in a row without a finished trial; the last words: {said}"
        return replace(study, state="failed", problem=problem)
    after = search_study(
        ground,
        swept,
        study,
        seconds=None if until is None else max(0.0, (until - datetime.now(UTC)).total_seconds()),
        stop=StopRequest(),
        watcher=observer.watcher(swept.name),
        queued="leave",
    )
    return replace(after, finished=finished, rounds=rounds)


def _once_something_is_left(
    ground: Ground, swept: Swept, name: str, until: datetime | None, sleep: Callable[[float], None]
) -> int:
    """Wait until a study is over, or has a trial that a worker could take: not all are taken by somebody alive.

    Returns:
        How many trials are finished.
    """
    url = ground.url(swept)
    while True:
        try:
            reap(name, storage=url)
            summary = show(name, storage=url)
        except StudyError:
            return 0  # nothing of it has begun yet
        finished = summary.trials.complete + summary.trials.pruned
        taken = summary.budget is not None and finished < summary.budget <= finished + summary.trials.running
        if not taken or ground.places.stop.exists() or (until is not None and datetime.now(UTC) >= until):
            return finished
        sleep(LOOK_SECONDS)
