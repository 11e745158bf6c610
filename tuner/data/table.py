"""A table as it was read: every row, nothing split and nothing scaled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.errors import DataError
from tuner.study.metrics import Task


@dataclass(frozen=True, eq=False)
class Table:
    """Every row of a data set, in the order of its source.

    Attributes:
        name: the source for messages, as the person wrote it; no part of the fingerprint.
        x: float64 [rows, features], finite.
        y: int32 [rows], class numbers from 0, for a classification; float64 [rows], in the target's own unit, for a
            regression.
        features: the names of x's columns.
        task: what kind of target it is.
        classes: the class names in the order of their numbers; empty for a regression.
    Raises:
        DataError: if the arrays do not fit each other, or a number is not finite.
    """

    name: str
    x: NDArray[np.float64]
    y: NDArray[Any]
    features: tuple[str, ...]
    task: Task
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.x.ndim != 2 or self.y.shape != self.x.shape[:1] or self.x.shape[1] != len(self.features):
            raise DataError(
                f"{self.name}: the table must be x [rows, features] and y [rows], but is x {list(self.x.shape)} with "
                f"{len(self.features)} feature names and y {list(self.y.shape)}"
            )
        if self.x.size == 0:
            raise DataError(f"{self.name}: the table must have rows and features, but is x {list(self.x.shape)}")
        if not np.isfinite(self.x).all() or not np.isfinite(self.y).all():
            raise DataError(f"{self.name}: every number must be finite")
        if bool(self.classes) == (self.task == "regression"):
            raise DataError(f"{self.name}: a {self.task} target has {len(self.classes)} class names")
        if self.classes and (self.y.min() < 0 or self.y.max() >= len(self.classes)):
            raise DataError(
                f"{self.name}: class numbers must be 0 to {len(self.classes) - 1}, "
                f"but are {self.y.min()} to {self.y.max()}"
            )

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.x)
