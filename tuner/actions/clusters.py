"""The cluster that a person names, and what each worker has there."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tuner.actions.defaults import logs_of
from tuner.actions.machine import CORES, Machine, this_machine
from tuner.cluster.cluster import BatchSystem
from tuner.cluster.command import LOOK_SECONDS as COMMAND_LOOK_SECONDS
from tuner.cluster.command import CommandCluster
from tuner.cluster.command_script import CommandJob
from tuner.cluster.slurm import LOOK_SECONDS, SlurmCluster
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


def work_place(
    name: str,
    definition: StudyDefinition,
    root: Path,
    workers: int | None,
    *,
    behind: Sequence[str] = (),
    studies: int = 1,
) -> WorkPlace:
    """The batch system of a name, for one study.

    Args:
        name: of a description in the person's own file, or `slurm`.
        definition: the study, whose `[cluster]` says what its workers get.
        root: the project root, which the cluster's nodes have to see, too.
        workers: how many; those of `[cluster]` if None.
        behind: a command that is run when workers that were queued together are over, if the system can do that.
        studies: how many look at the system at the same time; each asks it so much less often.
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
    wanted = _Wanted(name, profile, definition.name, root, behind, studies)
    return WorkPlace(HOMES[profile.kind](wanted), profile, share, count)


@dataclass(frozen=True)
class _Wanted:
    """What a batch system is made of."""

    name: str
    profile: ClusterProfile
    study: str
    root: Path
    behind: Sequence[str]
    studies: int


def _slurm(wanted: _Wanted) -> BatchSystem:
    return SlurmCluster(
        wanted.study,
        wanted.profile,
        logs_of(wanted.root, wanted.study),
        name=wanted.name,
        cores=CORES,
        setup=wanted.profile.setup,
        behind=wanted.behind,
        look_seconds=LOOK_SECONDS * wanted.studies,
    )


def _command(wanted: _Wanted) -> BatchSystem:
    assert isinstance(wanted.profile, CommandProfile)
    logs = logs_of(wanted.root, wanted.study)
    job = CommandJob(wanted.study, wanted.name, wanted.profile, profiles_file(os.environ), logs)
    look_seconds = COMMAND_LOOK_SECONDS * wanted.studies
    return CommandCluster(
        job, wanted.root / ".tuner" / "cluster" / wanted.study, cores=CORES, look_seconds=look_seconds
    )


HOMES: Mapping[str, Callable[[_Wanted], BatchSystem]] = {"slurm": _slurm, "command": _command}
"""What queues workers, by the kind of a description."""
