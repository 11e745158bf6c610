"""Workers of a study in a batch system's queue. Who they are is kept in the study, so that anybody finds them."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from tuner.actions.alone import alone
from tuner.actions.joining import Joined
from tuner.actions.trainers import TrainerName
from tuner.cluster.cluster import BatchSystem, Ended, Queued
from tuner.study.moments import moment_of, moment_text

QUEUED = "tuner:queued"
"""The study attribute that names the cluster of its workers, each one's job there, and on what terms they work."""


@dataclass(frozen=True)
class Terms:
    """On what terms a study's workers were queued last, so that whoever follows them keeps to the same.

    Attributes:
        until: when all of them have to end; None for no limit.
        trainer: what trains.
        lanes: how many each of them has; None for a trainer that has none.
        workers: how many there were to be.
    """

    until: datetime | None
    trainer: TrainerName
    lanes: int | None
    workers: int

    def are_over(self, now: datetime) -> bool:
        """Whether the workers have no time left."""
        return self.until is not None and self.until <= now


def attached(entry: Joined, cluster: BatchSystem, command: Sequence[str], environment: Mapping[str, str]) -> Queued:
    """The workers that the study has in the queue; those that have ended since are left out."""
    queued = cluster.attach(command, environment, jobs_in(entry.stored.user_attrs)[1])
    queued.ended()
    return queued


def rejoined(
    entry: Joined, cluster: BatchSystem, command: Sequence[str], environment: Mapping[str, str]
) -> tuple[Queued, list[Ended]]:
    """The workers that the study has in the queue, and those that nobody has seen being killed there.

    Raises:
        ClusterError: if the batch system does not answer.
    """
    queued = cluster.attach(command, environment, jobs_in(entry.stored.user_attrs)[1])
    over = queued.ended()
    return queued, [each for each in over if each.status < 0 and each.status != -signal.SIGTERM and not each.cancelled]


def jobs_in(attributes: Mapping[str, Any]) -> tuple[str | None, Mapping[int, str]]:
    """The cluster on which a study was searched last, None if on none; and the job of each of its workers there."""
    kept = attributes.get(QUEUED, {})
    return kept.get("cluster"), {int(worker): str(job) for worker, job in kept.get("jobs", {}).items()}


def terms_in(attributes: Mapping[str, Any]) -> Terms | None:
    """On what terms a study's workers were queued last; None if none ever were, or nobody wrote it down."""
    kept = attributes.get(QUEUED, {}).get("terms")
    if kept is None:
        return None
    until = kept["until"]
    return Terms(None if until is None else moment_of(until), kept["trainer"], kept["lanes"], kept["workers"])


def terms_of_present(entry: Joined, cluster: BatchSystem, now: datetime) -> Terms | None:
    """On what terms the workers work that the study has in the queue; None if there are none.

    Workers whose time is over are asked to leave, and count as gone: those that still wait would leave as they start.

    Raises:
        ClusterError: if the batch system does not answer.
    """
    with _alone(entry):
        terms = terms_in(entry.stored.user_attrs)
        if terms is None or not jobs_in(entry.stored.user_attrs)[1]:
            return None
        queued = attached(entry, cluster, [], {})
        if not queued.jobs:
            return None
        if terms.are_over(now):
            queued.ask_to_stop()
            _write(entry, cluster, {}, terms)
            return None
        return terms


def filled_up(
    entry: Joined,
    cluster: BatchSystem,
    command: Sequence[str],
    environment: Mapping[str, str],
    workers: int,
    terms: Terms,
) -> tuple[Queued, list[int]]:
    """The study's workers, with as many new ones as are missing; whoever asks at the same time queues none twice.

    Args:
        entry, cluster: whose workers, and where.
        command, environment: of those that are new.
        workers: how many there are to be.
        terms: on which those that are new work, from now on those of the study.
    Returns:
        The workers, and the numbers of those that are new.
    Raises:
        ClusterError: if the batch system refuses them.
    """
    with _alone(entry):
        queued = attached(entry, cluster, command, environment)
        missing = max(0, workers - len(queued.jobs))
        free = [worker for worker in range(workers + len(queued.jobs)) if worker not in queued.jobs]
        if missing:
            try:
                queued.start(free[:missing])
            finally:  # those before the one that was refused are in the queue
                started = [worker for worker in free[:missing] if worker in queued.jobs]
                _remember(entry, cluster, {worker: queued.jobs[worker] for worker in started}, terms)
        else:
            _remember(entry, cluster, {}, terms)
    return queued, free[:missing]


def start_again(entry: Joined, cluster: BatchSystem, queued: Queued, ended: Ended) -> None:
    """Queue a worker in the place of one that has ended; or look after the one that somebody else has queued there.

    Raises:
        ClusterError: if the batch system refuses it.
    """
    with _alone(entry):
        job = jobs_in(entry.stored.user_attrs)[1].get(ended.worker, ended.job)
        if job != ended.job:
            queued.adopt(ended.worker, job)
            return
        queued.start([ended.worker])
        terms = terms_in(entry.stored.user_attrs)
        _remember(entry, cluster, {ended.worker: queued.jobs[ended.worker]}, terms)


def _remember(entry: Joined, cluster: BatchSystem, started: Mapping[int, str], terms: Terms | None) -> None:
    """Write down which jobs workers are that were just started; those of others stay."""
    _write(entry, cluster, {**jobs_in(entry.stored.user_attrs)[1], **started}, terms)


def _write(entry: Joined, cluster: BatchSystem, jobs: Mapping[int, str], terms: Terms | None) -> None:
    kept: dict[str, Any] = {
        "cluster": cluster.name,
        "jobs": {str(worker): job for worker, job in sorted(jobs.items())},
    }
    if terms is not None:
        kept["terms"] = {**asdict(terms), "until": None if terms.until is None else moment_text(terms.until)}
    entry.stored.set_user_attr(QUEUED, kept)


def _alone(entry: Joined) -> AbstractContextManager[None]:
    """Wait until nobody else of this project queues workers of this study."""
    return alone(entry.root / ".tuner" / "cluster" / f"{entry.definition.name}.lock")
