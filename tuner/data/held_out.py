"""The test rows, for the one look at the very end. Nothing in a search imports this module."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from tuner.data.fitted import fit_table
from tuner.data.load import load_table
from tuner.data.prepared import FloatArray
from tuner.data.table import Table
from tuner.errors import DataError
from tuner.study.data_settings import DataSettings


@dataclass(frozen=True, eq=False)
class HeldOut:
    """The test rows, transformed by what was fitted on the training rows.

    Attributes:
        x: float32 [rows, features].
        y: int32 [rows] of class numbers, or float32 [rows] of targets in the units of `Prepared.y_train`.
        fingerprint: equals that of the `Prepared` these rows belong to.
    """

    x: FloatArray
    y: NDArray[Any]
    fingerprint: str


def held_out(settings: DataSettings, *, seed: int, root: Path) -> HeldOut:
    """The test rows that `prepare` with the same arguments keeps back.

    Args:
        settings: which table, and how.
        seed: the study's.
        root: the project root, from which a relative path starts.
    Raises:
        DataError: if the table cannot be used as it is, or if no test rows were kept back.
    """
    return held_out_table(load_table(settings, root=root), settings, seed=seed)


def held_out_table(table: Table, settings: DataSettings, *, seed: int) -> HeldOut:
    """The test rows that `prepare_table` with the same arguments keeps back.

    Raises:
        DataError: if no test rows were kept back.
    """
    if not settings.test:
        raise DataError(f"{table.name}: test is 0, so no test rows were kept back. State a share of the rows.")
    fitted = fit_table(table, settings, seed=seed)
    x, y = fitted.preprocessing.transform(table, fitted.split.test, "test")
    return HeldOut(x, y, fitted.fingerprint)
