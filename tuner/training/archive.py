"""The file that a trial leaves when it is handed back: arrays, and a text in JSON that says whose they are.

It is a NumPy archive (`.npz`) without pickles. It is written as a whole or not at all, and read only by its owner: the
text names the file's format, the trainer that wrote it and the job.
"""

from __future__ import annotations

import io
import json
import logging
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.errors import one_line
from tuner.training.job import Job

FORMAT = 1
"""Counts up when an older file can no longer be read."""

ABOUT = "about"
"""The name of the text among the arrays."""

Arrays = Mapping[str, NDArray[Any]]

_log = logging.getLogger(__name__)


def write_archive(folder: str, number: int, about: Mapping[str, Any], arrays: Arrays) -> str | None:
    """Write an archive to a new file, all of it or nothing.

    Args:
        folder: where; it is made if need be.
        number: of the trial that is handed back.
        about: what the text says, in plain values; the owner is part of it.
        arrays: by name.
    Returns:
        The file's path; None if it could not be written, of which a warning is logged.
    """
    try:
        content = io.BytesIO()
        named: dict[str, Any] = {**arrays, ABOUT: np.array(json.dumps(about))}
        np.savez(content, **named)
        return write_file(folder, number, content.getbuffer())
    except Exception as error:
        _log.warning("trial %d is handed back without a checkpoint: %s", number, one_line(error))
        return None


def write_file(folder: str, number: int, content: bytes | memoryview) -> str:
    """Write a file of a trial under a new name, all of it or nothing; the folder is made if need be.

    Returns:
        Its path.
    Raises:
        OSError: if it could not be written; then nothing is left of it.
    """
    path = os.path.join(folder, f"{number}-{secrets.token_hex(8)}.npz")
    part = f"{path}.part"
    try:
        os.makedirs(folder, exist_ok=True)
        with open(part, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(part)
        raise
    return path


def read_archive(path: str, owner: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The text and the arrays of an archive.

    Raises:
        Exception: of many kinds, if it is no archive of this owner.
    """
    with open(path, "rb") as file, np.load(file, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    about = json.loads(str(arrays.pop(ABOUT)))
    for name, expected in owner.items():
        if about[name] != expected:
            raise ValueError(f"its {name} should be {expected}, but is {about[name]}")
    return about, arrays


def owner_of(trainer: str, job: Job, data: Mapping[str, Any]) -> dict[str, Any]:
    """What must be the same where a trial goes on.

    Args:
        trainer: who will be able to go on, such as `lanes`.
        job: the trial.
        data: what it trains on, in plain values.
    """
    told = {
        "seed": job.seed,
        "hyperparameters": job.hyperparameters.model_dump(mode="json"),
        "order": asdict(job.order),
        "metric": job.metric,
        "direction": job.direction,
        "data": job.data,
        **data,
    }
    return {
        "format": FORMAT,
        "trainer": trainer,
        "job": sha256(json.dumps(told, sort_keys=True).encode()).hexdigest(),
    }
