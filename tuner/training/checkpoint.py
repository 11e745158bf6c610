"""The file from which a trial that was handed back goes on.

It is a NumPy archive (`.npz`) without pickles: the trainer's arrays, and a text in JSON that says what the trial had
come to. The text also names the file's format, the trainer that wrote it and the job, so that a file that does not
belong to a job is recognised; the trial then starts over.
"""

from __future__ import annotations

import io
import json
import logging
import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from tuner.data.prepared import Prepared
from tuner.errors import one_line
from tuner.training.job import DataOrder, Job

FORMAT = 1
"""Counts up when an older file can no longer be read."""

ABOUT = "about"
"""The name of the text among the arrays."""

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
    path = os.path.join(folder, f"{job.number}-{secrets.token_hex(8)}.npz")
    part = f"{path}.part"
    try:
        content = io.BytesIO()
        arrays: dict[str, Any] = {**checkpoint.arrays, ABOUT: np.array(json.dumps(about))}
        np.savez(content, **arrays)
        os.makedirs(folder, exist_ok=True)
        with open(part, "wb") as file:
            file.write(content.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except Exception as error:
        _log.warning("trial %d is handed back without a checkpoint: %s", job.number, one_line(error))
        with suppress(OSError):
            os.unlink(part)
        return None
    return path


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
    with open(path, "rb") as file, np.load(file, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    about = json.loads(str(arrays.pop(ABOUT)))
    for name, expected in owner.items():
        if about[name] != expected:
            raise ValueError(f"its {name} should be {expected}, but is {about[name]}")
    return Checkpoint(DataOrder(**about["order"]), about["seconds"], about["course"], arrays, about["memory"])


def _owner(trainer: str, job: Job, prepared: Prepared) -> dict[str, Any]:
    """What must be the same where a trial goes on."""
    told = {
        "seed": job.seed,
        "hyperparameters": job.hyperparameters.model_dump(mode="json"),
        "order": asdict(job.order),
        "metric": job.metric,
        "direction": job.direction,
        "data": job.data,
        "fingerprint": prepared.fingerprint,
        "shapes": [list(prepared.x_train.shape), list(prepared.x_validation.shape), prepared.outputs],
        "task": prepared.task,
    }
    return {
        "format": FORMAT,
        "trainer": trainer,
        "job": sha256(json.dumps(told, sort_keys=True).encode()).hexdigest(),
    }
