"""The file from which a trial that was handed back goes on: the trainer's arrays, and what the trial had come to.

A file that does not belong to a job is recognised, see `archive`; the trial then starts over.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from numpy.typing import NDArray

from tuner.data.prepared import Prepared
from tuner.errors import one_line
from tuner.training.archive import owner_of, read_archive, write_archive
from tuner.training.job import DataOrder, Job

Resumed = TypeVar("Resumed")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """How far a trial had come when it was handed back.

    Attributes:
        order: in which it sees the rows, from its first epoch on.
        seconds: how long it has taken.
        course: from `Course.state`.
        arrays: what the trainer needs beside it, by name.
        memory: what else the trainer needs, in plain values.
    """

    order: DataOrder
    seconds: float
    course: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]
    memory: Mapping[str, Any] = field(default_factory=dict)


def write_checkpoint(folder: str, trainer: str, job: Job, prepared: Prepared, checkpoint: Checkpoint) -> str | None:
    """Write a checkpoint to a new file, all of it or nothing.

    Args:
        folder: where; it is made if need be.
        trainer: who will be able to go on from it, such as `lanes`.
        job: the trial.
        prepared: what it trains on.
        checkpoint: what to write.
    Returns:
        The file's path; None if it could not be written, of which a warning is logged.
    """
    about = {
        **_owner(trainer, job, prepared),
        "order": asdict(checkpoint.order),
        "seconds": checkpoint.seconds,
        "course": checkpoint.course,
        "memory": checkpoint.memory,
    }
    return write_archive(folder, job.number, about, checkpoint.arrays)


def resume(
    trainer: str, job: Job, prepared: Prepared, restore: Callable[[Checkpoint], Resumed], fresh: Callable[[], Resumed]
) -> Resumed:
    """Go on from a job's checkpoint if it has one, or else begin.

    A file that is missing, damaged or of another job, trainer or format is no error: the trial starts over, and a
    warning is logged.

    Args:
        trainer: who would go on, as for `write_checkpoint`.
        job: the trial.
        prepared: what it trains on.
        restore: makes what is needed to go on, and leaves everything as it is if it raises.
        fresh: makes what is needed to begin.
    """
    if job.checkpoint is None:
        return fresh()
    try:
        return restore(_read(job.checkpoint, _owner(trainer, job, prepared)))
    except Exception as error:
        _log.warning("trial %d starts over, without its checkpoint %s: %s", job.number, job.checkpoint, one_line(error))
        return fresh()


def _read(path: str, owner: Mapping[str, Any]) -> Checkpoint:
    """A checkpoint out of its file.

    Raises:
        Exception: of many kinds, if it is no checkpoint of this owner.
    """
    about, arrays = read_archive(path, owner)
    return Checkpoint(DataOrder(**about["order"]), about["seconds"], about["course"], arrays, about["memory"])


def _owner(trainer: str, job: Job, prepared: Prepared) -> dict[str, Any]:
    """What must be the same where a trial goes on."""
    return owner_of(trainer, job, told_of(prepared))


def told_of(prepared: Prepared) -> dict[str, Any]:
    """By what prepared data are known, in plain values."""
    return {
        "fingerprint": prepared.fingerprint,
        "shapes": [list(prepared.x_train.shape), list(prepared.x_validation.shape), prepared.outputs],
        "task": prepared.task,
    }
