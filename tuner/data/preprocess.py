"""Scaling, fitted on training rows only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

from tuner.data.prepared import FloatArray
from tuner.data.split import RowIndexes
from tuner.data.table import Table
from tuner.errors import DataError

Scaler = Literal["standard", "none"]


@dataclass(frozen=True, eq=False)
class Preprocessing:
    """What to do with any row, as learned from the training rows.

    Attributes:
        scaler: scikit-learn's, fitted; None leaves the features as they are.
        target_mean, target_scale: a regression's target in its own unit; 0 and 1 for a classification.
    """

    scaler: Any
    target_mean: float
    target_scale: float

    def transform(self, table: Table, rows: RowIndexes, part: str) -> tuple[FloatArray, NDArray[Any]]:
        """Some of a table's rows, ready for a network.

        Args:
            table: the table that this was fitted on.
            rows: which rows.
            part: what they are called in an error, such as "validation".
        Returns:
            x, float32 [rows, features], and y, int32 [rows] of class numbers or float32 [rows] of scaled targets.
        Raises:
            DataError: if a number is beyond float32.
        """
        x = table.x[rows]
        with np.errstate(over="ignore", invalid="ignore"):
            inputs = (x if self.scaler is None else self.scaler.transform(x)).astype(np.float32)
            targets = (
                table.y[rows].astype(np.int32)
                if table.classes
                else ((table.y[rows] - self.target_mean) / self.target_scale).astype(np.float32)
            )
        column = _first_not_finite(inputs)
        if column is not None:
            raise _too_large(table, f'column "{table.features[column]}"', part)
        if not np.isfinite(targets).all():
            raise _too_large(table, "the target", part)
        return inputs, targets


def fit_preprocessing(table: Table, train: RowIndexes, scaler: Scaler) -> Preprocessing:
    """Learns from the training rows, and from no others.

    A column that is constant over the training rows is shifted, and not stretched.

    Args:
        table: every row.
        train: which rows are for training.
        scaler: "standard" for mean 0 and deviation 1 over the training rows, "none" to leave the features.
    Raises:
        DataError: if the target is constant over the training rows, or if numbers are too large to be scaled.
    """
    mean, scale = 0.0, 1.0
    fitted = None
    with np.errstate(over="ignore", invalid="ignore"):
        if scaler == "standard":
            fitted = StandardScaler().fit(table.x[train])
            column = _first_not_finite(np.stack([fitted.mean_, fitted.scale_]))
            if column is not None:
                raise _too_large(table, f'column "{table.features[column]}"', "training")
        if not table.classes:
            target = table.y[train]
            mean, scale = float(target.mean()), float(target.std())
            if not np.isfinite([mean, scale]).all():
                raise _too_large(table, "the target", "training")
            if target.min() == target.max() or scale == 0:
                raise DataError(
                    f"{table.name}: the target is {target[0]:g} in every training row, so there is nothing to learn. "
                    f"Add rows, or keep more of them for training."
                )
    return Preprocessing(fitted, mean, scale)


def _first_not_finite(x: NDArray[Any]) -> int | None:
    """The first column with a number that is not finite."""
    bad = np.flatnonzero(~np.isfinite(x).all(axis=0))
    return int(bad[0]) if len(bad) else None


def _too_large(table: Table, what: str, part: str) -> DataError:
    return DataError(
        f"{table.name}: {what} has numbers in the {part} rows that are too large for float32, "
        f"in which networks compute. Give it a larger unit, or mend the numbers."
    )
