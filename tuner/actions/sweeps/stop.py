"""Asking a sweep to hand back what it trains, wherever it runs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from tuner.actions.defaults import Storage
from tuner.actions.sweeps.ground import Ground
from tuner.actions.sweeps.queue import queue_of
from tuner.actions.sweeps.record import OVER, SweepRecord, read_record, write_record
from tuner.actions.sweeps.run import ground_of
from tuner.cluster.calendars.run_lock import run_lock


@dataclass(frozen=True)
class Asked:
    """Who was asked to stop.

    Attributes:
        leader: the process that runs the sweep, and its machine; empty if none does.
        workers: how many workers in a cluster's queue.
    """

    leader: str
    workers: int


def stop_sweep(sweep: str, *, root: Path | None = None, storage: Storage = None) -> Asked:
    """Ask a sweep to stop at the next epoch; the next run goes on with it.

    Args:
        sweep: its name, or its file's path.
        root: the project root; found as the command line finds it if left out.
        storage: where trials are kept; each study's own place if left out.
    Raises:
        ClusterError: if the batch system does not answer.
        StorageError: if a storage cannot be read.
        StudyError, StudyFileError: if the sweep's file has mistakes.
    """
    ground = ground_of(sweep, root, storage)
    record = read_record(ground.places.record)
    if record is None or record.ended is not None:
        return Asked("", 0)
    # Before the workers: whoever sees them leave must know that this was meant.
    ground.places.stop.touch()
    workers = sum(_ask_workers(ground, record))
    with run_lock(ground.places.lock) as lock:
        if lock is None:
            return Asked(f"process {record.pid} on {record.host}", workers)
        write_record(ground.places.record, _handed_back(read_record(ground.places.record) or record))
    return Asked("", workers)


def _ask_workers(ground: Ground, record: SweepRecord) -> list[int]:
    asked = []
    stored = {study.name: study.stored for study in record.studies}
    for swept in ground.sweep.studies:
        queued = queue_of(ground, swept, stored.get(swept.name))
        if queued is not None:
            asked.append(queued.alive)
            queued.ask_to_stop()
    return asked


def _handed_back(record: SweepRecord) -> SweepRecord:
    """A run that nobody leads, once its workers were asked to leave."""
    studies = tuple(study if study.state in OVER else replace(study, state="handed back") for study in record.studies)
    return replace(record, studies=studies)
