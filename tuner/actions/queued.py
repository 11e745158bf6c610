"""Workers of a study in a batch system's queue. Who they are is kept in the study, so that anybody finds them."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tuner.actions.joining import Joined
from tuner.cluster.cluster import BatchSystem, Ended, Queued

QUEUED = "tuner:queued"
"""The study attribute that names the cluster of its workers, and each one's job there."""


def attached(entry: Joined, cluster: BatchSystem, command: Sequence[str], environment: Mapping[str, str]) -> Queued:
    """The workers that the study has in the queue; those that have ended since are left out."""
    queued = cluster.attach(command, environment, jobs_in(entry.stored.user_attrs)[1])
    queued.ended()
    return queued


def jobs_in(attributes: Mapping[str, Any]) -> tuple[str | None, Mapping[int, str]]:
    """The cluster on which a study was searched last, None if on none; and the job of each of its workers there."""
    kept = attributes.get(QUEUED, {})
    return kept.get("cluster"), {int(worker): str(job) for worker, job in kept.get("jobs", {}).items()}


def filled_up(
    entry: Joined, cluster: BatchSystem, command: Sequence[str], environment: Mapping[str, str], workers: int
) -> tuple[Queued, list[int]]:
    """The study's workers, with as many new ones as are missing; whoever asks at the same time queues none twice.

    Returns:
        The workers, and the numbers of those that are new.
    Raises:
        ClusterError: if the batch system refuses them.
    """
    with _alone(entry.root / ".tuner" / "cluster" / f"{entry.definition.name}.lock"):
        queued = attached(entry, cluster, command, environment)
        missing = max(0, workers - len(queued.jobs))
        free = [worker for worker in range(workers + len(queued.jobs)) if worker not in queued.jobs]
        if missing:
            try:
                queued.start(free[:missing])
            finally:  # those before the one that was refused are in the queue
                started = [worker for worker in free[:missing] if worker in queued.jobs]
                _remember(entry, cluster, {worker: queued.jobs[worker] for worker in started})
    return queued, free[:missing]


def start_again(entry: Joined, cluster: BatchSystem, queued: Queued, ended: Ended) -> None:
    """Queue a worker in the place of one that has ended; or look after the one that somebody else has queued there.

    Raises:
        ClusterError: if the batch system refuses it.
    """
    with _alone(entry.root / ".tuner" / "cluster" / f"{entry.definition.name}.lock"):
        job = jobs_in(entry.stored.user_attrs)[1].get(ended.worker, ended.job)
        if job != ended.job:
            queued.adopt(ended.worker, job)
            return
        queued.start([ended.worker])
        _remember(entry, cluster, {ended.worker: queued.jobs[ended.worker]})


def _remember(entry: Joined, cluster: BatchSystem, started: Mapping[int, str]) -> None:
    """Write down which jobs workers are that were just started; those of others stay."""
    jobs = {**jobs_in(entry.stored.user_attrs)[1], **started}
    entry.stored.set_user_attr(
        QUEUED, {"cluster": cluster.name, "jobs": {str(worker): job for worker, job in sorted(jobs.items())}}
    )


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Wait until no other process of this project is between these lines."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
