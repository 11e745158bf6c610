"""From a study's data settings to a table."""

from __future__ import annotations

from pathlib import Path

from tuner.data.builtin import load_builtin
from tuner.data.csv import read_csv
from tuner.data.table import Table
from tuner.study.data_settings import DataSettings


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
    return read_csv(root / settings.path, name=settings.path, target=settings.target, task=settings.known_task)
