"""From a study's data settings to a table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tuner.data.builtin import load_builtin
from tuner.data.column import Column
from tuner.data.features import feature_values
from tuner.data.frame import Frame
from tuner.data.sources import read_frame
from tuner.data.table import Table
from tuner.data.target import read_target
from tuner.errors import DataError, did_you_mean
from tuner.study.data_settings import DataSettings
from tuner.study.metrics import Task

SHOWN_MISTAKES = 5
"""How many columns with mistakes an error names."""

SHOWN_COLUMNS = 20
"""How many columns an error lists."""


def load_table(settings: DataSettings, *, root: Path) -> Table:
    """The table that a study names.

    Args:
        settings: which table.
        root: the project root, from which a relative path starts.
    Raises:
        DataError: if the table cannot be used as it is.
    """
    if settings.builtin is not None:
        return load_builtin(settings.builtin)
    assert settings.path is not None
    assert settings.target is not None
    paths = [settings.path] if isinstance(settings.path, str) else settings.path
    frame = read_frame(settings, paths, root=root, as_text=[settings.target])
    return table_of(frame, settings.target, settings.known_task)


def table_of(frame: Frame, target: str, task: Task | None) -> Table:
    """A table of numbers.

    Args:
        frame: its features are all numbers.
        target: the column to predict.
        task: what kind of target it is; None to go by its values.
    Raises:
        DataError: if columns cannot be used; the first mistake of each column.
    """
    _check_target(frame, target)
    first_row = frame.parts[0].first_row if len(frame.parts) == 1 else 1
    mistakes: list[str] = []
    features: dict[str, NDArray[np.float64]] = {}
    understood = None
    for name, cells in frame.columns.items():
        column = Column(frame.name, name, cells, first_row)
        try:
            if name == target:
                understood = read_target(column, task)
            else:
                features[name] = feature_values(column)
        except DataError as error:
            mistakes.append(str(error))
    if mistakes or understood is None:
        rest = len(mistakes) - SHOWN_MISTAKES
        more = [f"{frame.name}: {rest} more columns cannot be used"] if rest > 0 else []
        raise DataError("\n".join(mistakes[:SHOWN_MISTAKES] + more))
    x = np.column_stack([*features.values()]) if features else np.empty((frame.rows, 0))
    return Table(frame.name, x, understood.y, tuple(features), understood.task, understood.classes)


def _check_target(frame: Frame, target: str) -> None:
    if target in frame.columns:
        return
    names = [*frame.columns]
    rest = len(names) - SHOWN_COLUMNS
    known = ", ".join(names[:SHOWN_COLUMNS]) + (f" and {rest} more" if rest > 0 else "")
    raise DataError(
        f'{frame.name}: has no column "{target}", which is the target; there are {known}.{did_you_mean(target, names)}'
    )
