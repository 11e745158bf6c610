"""Asking a study's workers on a cluster to hand back what they train, and to leave."""

from __future__ import annotations

from pathlib import Path

from tuner.actions.clusters import work_place
from tuner.actions.defaults import Storage, existing
from tuner.actions.queued import jobs_in
from tuner.errors import ClusterError
from tuner.search.generations import generations
from tuner.search.studies import load_stored
from tuner.study.definition import StudyDefinition


def cluster_of(study: str, *, storage: Storage = None) -> str:
    """The name of the cluster on which a stored study was searched last.

    Raises:
        ClusterError: if it was on none.
        StorageError, StudyError: if there is no such study.
    """
    name, _ = _queued(study, storage)
    return name


def stop_workers(definition: StudyDefinition, root: Path, *, storage: Storage = None) -> int:
    """Ask the workers that a study has in a queue to leave.

    Args:
        definition: the study.
        root: the project root.
        storage: where its trials are; found as the command line finds it if left out.
    Returns:
        How many were asked.
    Raises:
        ClusterError: if the batch system does not answer, or if the study was never on one.
        StorageError, StudyError: if there is no such study.
    """
    name, jobs = _queued(definition.name, storage)
    workers = work_place(name, definition, root, workers=1).cluster.attach([], {}, jobs)
    asked = workers.alive
    workers.ask_to_stop()
    return asked


def _queued(study: str, storage: Storage) -> tuple[str, dict[int, str]]:
    with existing(storage) as backend:
        latest = generations(backend, study)[::-1] or [study]
        found = [jobs_in(load_stored(backend, each).study.user_attrs) for each in latest]
    name, jobs = next((each for each in found if each[0] is not None), (None, {}))
    if name is None:
        raise ClusterError(
            f'the study "{study}" has never been on a cluster; `tuner search --cluster NAME --workers N` queues workers'
        )
    return name, dict(jobs)
