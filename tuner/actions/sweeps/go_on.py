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
from tuner.actions.sweeps.keeping import retire_old
from tuner.actions.sweeps.observer import SweepObserver
from tuner.actions.sweeps.one_study import search_study
from tuner.actions.sweeps.queue import queue_of, were_asked_to_leave
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
    somebody follows the run, this is theirs. A run that has ended, or was asked to stop, is not begun again; neither is
    a study whose workers somebody has asked to leave.

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
    while True:
        with run_lock(ground.places.lock) as lock:
            record = read_record(ground.places.record)
            if record is None or record.ended is not None or ground.places.stop.exists():
                return record
            if lock is not None:
                record, over = _all_gone_on(ground, record, observer)
                if over:
                    return record
            elif record.followed:
                observer.note(f"process {record.pid} on {record.host} follows this sweep, and goes on with it")
                return record
        sleep(LOOK_SECONDS)


def _all_gone_on(ground: Ground, record: SweepRecord, observer: SweepObserver) -> tuple[SweepRecord, bool]:
    """Go on with every study that has no worker in the queue.

    Returns:
        How the run is, and whether there is nothing that has to be waited for.
    """
    waits = False
    for swept in ground.sweep.studies:
        study = next((each for each in record.studies if each.name == swept.name), StudyRecord(swept.name))
        if study.state in OVER or study.state == "handed back":
            continue
        queued = queue_of(ground, swept, study.stored)
        if queued is not None and queued.alive:
            continue
        if queued is not None and were_asked_to_leave(queued.ended()):
            record = _changed(ground, record, replace(study, state="handed back"), observer)
            continue
        finished = _finished(ground, swept, study.stored or swept.name, record.until)
        if finished is None:
            waits = True
            continue
        gone_on = _gone_on(ground, swept, study, finished, record.until, observer)
        record = _changed(ground, record, gone_on, observer)
    if all(study.state in OVER for study in record.studies):
        retire_old(ground, observer)
        record = replace(record, ended=datetime.now(UTC))
        write_record(ground.places.record, record)
    return record, not waits


def _changed(ground: Ground, record: SweepRecord, study: StudyRecord, observer: SweepObserver) -> SweepRecord:
    observer.study_changed(study)
    record = record.with_study(study)
    write_record(ground.places.record, record)
    return record


def _gone_on(
    ground: Ground,
    swept: Swept,
    study: StudyRecord,
    finished: int,
    until: datetime | None,
    observer: SweepObserver,
) -> StudyRecord:
    """Queue workers for a study that has none, unless it is over, or they end again and again without a trial."""
    rounds = study.rounds + 1 if finished == study.finished else 0
    if rounds >= MOST_ROUNDS:
        said = tail(logs_of(ground.root, study.stored or swept.name) / "worker-0.log")
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


def _finished(ground: Ground, swept: Swept, stored: str, until: datetime | None) -> int | None:
    """How many trials of a study are finished, after those of lost workers have been put back.

    Returns:
        None as long as all that are left are in the hands of somebody who may be alive: a worker would find nothing.
    """
    url = ground.url(swept)
    try:
        reap(stored, storage=url)
        summary = show(stored, storage=url)
    except StudyError:
        return 0  # nothing of it has begun yet
    finished = summary.trials.complete + summary.trials.pruned
    taken = summary.budget is not None and finished < summary.budget <= finished + summary.trials.running
    return None if taken and (until is None or datetime.now(UTC) < until) else finished
