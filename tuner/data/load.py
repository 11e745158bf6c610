"""From a study's data settings to a table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tuner.data.builtin import load_builtin
from tuner.data.frame import Frame
from tuner.data.sources import read_frame
from tuner.data.table import TEST, TRAIN, VALIDATION, Table
from tuner.data.understand import table_of
from tuner.study.data_settings import DataSettings, files_of


def load_table(settings: DataSettings, *, root: Path, most_bytes: int | None = None) -> Table:
    """The table that a study names.

    Args:
        settings: which table.
        root: the project root, from which a relative path starts.
        most_bytes: how large the table may be in memory; None for a limit that suits most machines.
    Raises:
        DataError: if the table cannot be used as it is.
    """
    if settings.builtin is not None:
        return load_builtin(settings.builtin)
    frame = load_frame(settings, root=root, most_bytes=most_bytes)
    return table_of(frame, settings, fixed_parts(settings, frame))


def load_frame(settings: DataSettings, *, root: Path, most_bytes: int | None = None) -> Frame:
    """The columns of all files that a study names, as they are there.

    Raises:
        DataError: if a file cannot be read.
    """
    paths = [
        *files_of(settings.path),
        *files_of(settings.validation_path),
        *files_of(settings.test_path),
    ]
    as_text: list[str | int] = [name for name, kind in settings.types.items() if kind != "number"]
    if settings.task in ("binary", "multiclass"):
        as_text += settings.targets
    return read_frame(settings, paths, root=root, as_text=as_text, drop=settings.drop, most_bytes=most_bytes)


def fixed_parts(settings: DataSettings, frame: Frame) -> NDArray[np.int8] | None:
    """The part of each row, where files of their own bring some part."""
    if not (settings.validation_path or settings.test_path):
        return None
    kinds = [TRAIN] * len(files_of(settings.path))
    kinds += [VALIDATION] * len(files_of(settings.validation_path)) + [TEST] * len(files_of(settings.test_path))
    return np.repeat(np.array(kinds, np.int8), [part.rows for part in frame.parts])
