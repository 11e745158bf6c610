"""Running a sweep: begun, joined, gone on with or found done, whichever it needs."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from tuner.actions.defaults import Storage, root_of
from tuner.actions.sweeps.ground import Ground
from tuner.actions.sweeps.keeping import retire_old
from tuner.actions.sweeps.linked_stop import LinkedStop
from tuner.actions.sweeps.observer import SweepObserver
from tuner.actions.sweeps.one_study import search_study
from tuner.actions.sweeps.record import OVER, State, StudyRecord, SweepRecord, fresh_studies, read_record, write_record
from tuner.actions.workers import QueuedWork
from tuner.cluster.calendars.run_lock import run_lock
from tuner.errors import TunerError
from tuner.search.logging_watcher import LoggingWatcher
from tuner.search.stop import StopReason, StopRequest
from tuner.search.watcher import Progress, Watcher
from tuner.study.places import find_sweep_file
from tuner.study.sweeps.definition import Swept
from tuner.study.sweeps.load import load_sweep

LOOK_SECONDS = 1.0
"""How often to look whether another run is over, or whether somebody wants this one to stop."""

OTHERS_SECONDS = 5.0
"""How long to wait for the last trials of a study that others train."""


def run_sweep(
    sweep: str,
    *,
    root: Path | None = None,
    storage: Storage = None,
    detach: bool = False,
    stop: StopRequest | None = None,
    observer: SweepObserver | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> SweepRecord:
    """Run a sweep until every study of it is over.

    Calling it at any time is safe: while another run of this project goes on, this one follows it, and takes its place
    if it dies; what a run that died has left is gone on with, until the same time; where all is done, nothing is done.

    Args:
        sweep: its name, or its file's path.
        root: the project root; found as the command line finds it if left out.
        storage: where trials are kept; each study's own place if left out.
        detach: only queue the workers, for a sweep on a cluster; jobs behind them do the rest.
        stop: raised by whoever wants the run to end; workers on a cluster go on.
        observer: told of everything that happens.
        sleep: waits between looks.
    Returns:
        How every study is. Those that were refused or have failed stand there, too, since the others went on.
    Raises:
        StudyError, StudyFileError: if the sweep's file, or one that it names, has mistakes; before anything is done.
        ClusterError: if the sweep is to be left, and runs on no cluster.
    """
    ground = ground_of(sweep, root, storage)
    stop = stop if stop is not None else StopRequest()
    observer = observer if observer is not None else SweepObserver()
    if detach and ground.sweep.settings.cluster is None:
        raise TunerError(
            f"{ground.sweep.source}: there is nobody to leave the workers to; state `cluster`, or do without --detach"
        )
    ground.places.folder.mkdir(parents=True, exist_ok=True)
    came = _now()
    with _lead(ground, stop, observer, wait=not detach, sleep=sleep) as leads:
        before = read_record(ground.places.record)
        if before is not None and (not leads or (before.ended is not None and before.ended >= came)):
            return _cut_off(before, stop) if stop else before
        return _Run(ground, before, stop, observer, "leave" if detach else "follow", sleep).over()


def ground_of(sweep: str, root: Path | None, storage: Storage) -> Ground:
    """A sweep in its project.

    Raises:
        StudyError, StudyFileError: if there is no such file, or if it has mistakes.
    """
    folder = root_of(root)
    file = find_sweep_file(sweep, folder).resolve()
    return Ground(load_sweep(sweep, folder), folder, file, storage)


@contextmanager
def _lead(
    ground: Ground, stop: StopRequest, observer: SweepObserver, *, wait: bool, sleep: Callable[[float], None]
) -> Iterator[bool]:
    """Be the one that runs the sweep, once nobody else does.

    Yields:
        Whether this one is it; otherwise the other one still goes on, and nobody wants to wait any longer.
    """
    told = False
    while True:
        with run_lock(ground.places.lock) as lock:
            if lock is not None or not wait or stop:
                yield lock is not None
                return
        if not told:
            told = True
            observer.note(
                f"{_other(ground)} runs this sweep already; waiting for it (`tuner sweep status {ground.sweep.name}` "
                "tells how far it is)"
            )
        sleep(LOOK_SECONDS)


def _other(ground: Ground) -> str:
    record = read_record(ground.places.record)
    return "another process" if record is None else f"process {record.pid} on {record.host}"


def _now() -> datetime:
    return datetime.now(UTC)


def begun(ground: Ground, before: SweepRecord | None) -> SweepRecord:
    """A run: the last one if it was cut off within its time, else a new one.

    Args:
        ground: the sweep.
        before: how the last run is.
    """
    names = [swept.name for swept in ground.sweep.studies]
    seconds = ground.sweep.budget.seconds
    now = _now()
    host, pid = socket.gethostname(), os.getpid()
    if before is not None and before.ended is None:
        until = None if seconds is None else before.begun + timedelta(seconds=seconds)
        if until is None or until > now:
            known = {study.name: study for study in before.studies}
            studies = tuple(known.get(each.name, each) for each in fresh_studies(names))
            return replace(before, host=host, pid=pid, studies=studies, until=until)
    until = None if seconds is None else now + timedelta(seconds=seconds)
    return SweepRecord(ground.sweep.name, host, pid, now, fresh_studies(names), until)


class _Run:
    """A run of a sweep by whoever leads it."""

    def __init__(
        self,
        ground: Ground,
        before: SweepRecord | None,
        stop: StopRequest,
        observer: SweepObserver,
        queued: QueuedWork,
        sleep: Callable[[float], None],
    ) -> None:
        self._ground = ground
        self._stop = stop
        self._observer = observer
        self._queued = queued
        self._sleep = sleep
        self._record = replace(begun(ground, before), followed=queued == "follow")
        self._changing = threading.Lock()
        self._over = threading.Event()

    def over(self) -> SweepRecord:
        """Search every study until it is over, or until somebody wants an end.

        Returns:
            How they are.
        """
        self._ground.places.stop.unlink(missing_ok=True)
        for swept in self._ground.sweep.studies:
            self._ground.write_study_file(swept)
        write_record(self._ground.places.record, self._record)
        threading.Thread(target=self._stop_when_asked, daemon=True).start()
        try:
            self._search_all()
        finally:
            self._over.set()
        if all(study.state in OVER for study in self._record.studies):
            retire_old(self._ground, self._observer)
            self._record = replace(self._record, ended=_now())
        result = _cut_off(self._record, self._stop) if self._stop else self._record
        left = replace(result, followed=False)
        goes_on = self._on_cluster and self._stop and not self._ground.places.stop.exists()
        write_record(self._ground.places.record, _as_left(left) if goes_on else left)
        return result

    @property
    def _on_cluster(self) -> bool:
        return self._ground.sweep.settings.cluster is not None

    def _search_all(self) -> None:
        studies = self._ground.sweep.studies
        if not self._on_cluster:
            self._one_after_another(studies)
            return
        with ThreadPoolExecutor(max_workers=len(studies)) as threads:
            for done in [threads.submit(self._until_over, swept) for swept in studies]:
                done.result()

    def _one_after_another(self, studies: Sequence[Swept]) -> None:
        """Give each its part of the time; what some leave over is for those that want more."""
        waiting = list(studies)
        while waiting and not self._stop:
            unfinished = []
            for number, swept in enumerate(waiting):
                after = self._search(swept, share=1 / (len(waiting) - number))
                if after.state in ("running", "out of time"):
                    unfinished.append(swept)
            if any(self._record.study(swept.name).state == "running" for swept in unfinished):
                self._sleep(OTHERS_SECONDS)
            waiting = [] if self._left() == 0 else [each for each in unfinished if self._wants_more(each)]

    def _wants_more(self, swept: Swept) -> bool:
        """Whether a study would go on if it had more time: not one whose own file bounds it."""
        own = swept.definition.budget.seconds
        return self._record.study(swept.name).state == "running" or (own is None and self._record.until is not None)

    def _until_over(self, swept: Swept) -> None:
        while self._search(swept, share=1.0).state == "running" and not self._stop and self._left() != 0:
            self._sleep(OTHERS_SECONDS)

    def _search(self, swept: Swept, share: float) -> StudyRecord:
        left = self._left()
        before = replace(self._record.study(swept.name), state="running")
        self._tell(before)
        if self._stop:
            after = replace(before, state=_cut_off_state(self._stop))
        else:
            after = search_study(
                self._ground,
                swept,
                before,
                seconds=None if left is None else left * share,
                stop=LinkedStop(self._stop),
                watcher=_Named(self._observer.watcher(swept.name), partial(self._begun, before)),
                queued=self._queued,
            )
        after = replace(after, stored=after.stored or self._record.study(swept.name).stored)
        self._tell(after)
        return after

    def _begun(self, study: StudyRecord, stored: str) -> None:
        """Remember what a study is called in the storage: nobody could tell if this process died."""
        self._keep(replace(study, stored=stored))

    def _tell(self, study: StudyRecord) -> None:
        self._keep(study)
        self._observer.study_changed(study)

    def _keep(self, study: StudyRecord) -> None:
        with self._changing:
            self._record = self._record.with_study(study)
            write_record(self._ground.places.record, self._record)

    def _left(self) -> float | None:
        """Seconds that are left; None without a limit."""
        return None if self._record.until is None else max(0.0, (self._record.until - _now()).total_seconds())

    def _stop_when_asked(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            if self._ground.places.stop.exists():
                self._stop.ask(StopReason.HANDED_BACK)
                return


class _Named(LoggingWatcher):
    """Says under which name a study is stored, as soon as that is known."""

    def __init__(self, watcher: Watcher, named: Callable[[str], None]) -> None:
        super().__init__(watcher)
        self._named = named

    def search_started(self, study: str, metric: str, progress: Progress) -> None:
        self._named(study)
        super().search_started(study, metric, progress)


def _cut_off_state(stop: StopRequest) -> State:
    return "interrupted" if stop.reason is StopReason.INTERRUPTED else "handed back"


def _cut_off(record: SweepRecord, stop: StopRequest) -> SweepRecord:
    """A run as whoever was cut off tells it."""
    state = _cut_off_state(stop)
    studies = tuple(study if study.state in OVER else replace(study, state=state) for study in record.studies)
    return replace(record, studies=studies)


def _as_left(record: SweepRecord) -> SweepRecord:
    """A run on a cluster whose leader leaves: the workers go on."""
    studies = tuple(
        replace(study, state="queued") if study.state in ("interrupted", "handed back") else study
        for study in record.studies
    )
    return replace(record, studies=studies)
