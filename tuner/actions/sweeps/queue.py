"""The workers that a study of a sweep has in a cluster's queue."""

from __future__ import annotations

import signal
from collections.abc import Sequence

from tuner.actions.clusters import work_place
from tuner.actions.queued import jobs_in
from tuner.actions.sweeps.ground import Ground
from tuner.actions.watching import HANDED_BACK
from tuner.cluster.cluster import Ended, Queued
from tuner.errors import StudyError
from tuner.search.generations import generations
from tuner.search.storage import exists, opened
from tuner.search.studies import load_stored
from tuner.study.sweeps.definition import Swept


def workers_in_queue(ground: Ground, swept: Swept, stored: str | None) -> int:
    """How many workers of a study run, or wait in a queue.

    Raises:
        ClusterError: if the batch system does not answer.
        StorageError: if the storage cannot be read.
    """
    queued = queue_of(ground, swept, stored)
    return 0 if queued is None else queued.alive


def were_asked_to_leave(ended: Sequence[Ended]) -> bool:
    """Whether somebody wanted those workers to leave that were queued last, so that no others are to take their place.

    >>> were_asked_to_leave([Ended(0, 0, "", job="7"), Ended(1, HANDED_BACK, "", job="8"), Ended(2, -9, "", job="8")])
    True
    """
    last = max((_number(each.job) for each in ended), default=0)
    latest = [each for each in ended if _number(each.job) == last]
    return any(each.cancelled or each.status in (HANDED_BACK, -signal.SIGTERM) for each in latest)


def _number(job: str) -> int:
    """A job's number, by which those that were queued later have higher ones; 0 where a batch system has names."""
    return int(job) if job.isdigit() else 0


def queue_of(ground: Ground, swept: Swept, stored: str | None) -> Queued | None:
    """A study's workers in a queue; None if it was never on a cluster.

    Args:
        ground: the sweep.
        swept: the study.
        stored: its name in the storage; the newest generation if None.
    Raises:
        ClusterError: if the batch system does not answer.
        StorageError: if the storage cannot be read.
    """
    url = ground.url(swept)
    if not exists(url):
        return None
    with opened(url) as backend:
        try:
            name = stored or (generations(backend, swept.name) or [swept.name])[-1]
            cluster, jobs = jobs_in(load_stored(backend, name).study.user_attrs)
        except StudyError:
            return None
    if cluster is None:
        return None
    return work_place(cluster, swept.definition, ground.root, workers=1).cluster.attach([], {}, jobs)
