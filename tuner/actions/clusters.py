"""The cluster that a person names, and what each worker has there."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tuner.actions.defaults import logs_of
from tuner.actions.machine import CORES, Machine, this_machine
from tuner.cluster.cluster import BatchSystem
from tuner.cluster.command import CommandCluster
from tuner.cluster.command_script import CommandJob
from tuner.cluster.slurm import SlurmCluster
from tuner.errors import ClusterError
from tuner.study.cluster_profile import ClusterProfile
from tuner.study.cluster_profiles import cluster_profile, profiles_file
from tuner.study.command_profile import CommandProfile
from tuner.study.definition import StudyDefinition

USUAL_MEMORY = 4 * 2**30
"""Bytes that a worker is taken to have where nobody says."""


@dataclass(frozen=True)
class WorkPlace:
    """Where workers are queued.

    Attributes:
        cluster: the batch system.
        profile: what is known of it, and what each worker gets.
        share: the same as a machine of its own.
        workers: how many there are to be.
    """

    cluster: BatchSystem
    profile: ClusterProfile
    share: Machine
    workers: int


def work_place(name: str, definition: StudyDefinition, root: Path, workers: int | None) -> WorkPlace:
    """The batch system of a name, for one study.

    Args:
        name: of a description in the person's own file, or `slurm`.
        definition: the study, whose `[cluster]` says what its workers get.
        root: the project root, which the cluster's nodes have to see, too.
        workers: how many; those of `[cluster]` if None.
    Raises:
        ClusterError: if there is no such cluster, or if nobody says how many workers.
        StudyFileError: with every mistake in its description.
    """
    profile = cluster_profile(name, definition.cluster, os.environ)
    count = workers if workers is not None else profile.workers
    if count is None:
        raise ClusterError("how many workers? Say --workers N, or workers = N in [cluster]")
    here = this_machine()
    share = Machine(
        cores=profile.cpus,
        cache_bytes=here.cache_bytes,
        memory_bytes=profile.memory_bytes if profile.memory_bytes is not None else USUAL_MEMORY,
    )
    return WorkPlace(HOMES[profile.kind](name, profile, definition.name, root), profile, share, count)


def _slurm(name: str, profile: ClusterProfile, study: str, root: Path) -> BatchSystem:
    return SlurmCluster(study, profile, logs_of(root, study), name=name, cores=CORES, setup=profile.setup)


def _command(name: str, profile: ClusterProfile, study: str, root: Path) -> BatchSystem:
    assert isinstance(profile, CommandProfile)
    job = CommandJob(study, name, profile, profiles_file(os.environ), logs_of(root, study))
    return CommandCluster(job, root / ".tuner" / "cluster" / study, cores=CORES)


HOMES: Mapping[str, Callable[[str, ClusterProfile, str, Path], BatchSystem]] = {"slurm": _slurm, "command": _command}
"""What queues workers, by kind: made of the description's name, the description, the study's name and the root."""
