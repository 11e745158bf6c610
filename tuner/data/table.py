"""A table that is understood: what each column is, and every value as a number; nothing split and nothing scaled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tuner.data.frame import Part, place_of
from tuner.errors import DataError
from tuner.study.metrics import Task

Kind = Literal["number", "category", "ordinal", "date"]

TRAIN, VALIDATION, TEST = 0, 1, 2
"""Parts of a table that files of their own can bring, see `Table.fixed`."""


@dataclass(frozen=True)
class Feature:
    """One column that a network learns from.

    Attributes:
        name: in the source.
        kind: what it is.
        levels: the texts that a category's or an ordinal's numbers stand for: level 0, 1, ...; empty otherwise.
    """

    name: str
    kind: Kind = "number"
    levels: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Table:
    """Every row of a data set, in the order of its source.

    Attributes:
        name: the source for messages, as the person wrote it; no part of the fingerprint.
        x: float64 [rows, features]; NaN where a value is missing, else finite. A category's or an ordinal's value is
            the number of its level, a date's the days since 1970 began.
        y: int32 [rows], class numbers from 0, for a classification; float64 [rows] or, for several targets, [rows,
            targets], in the targets' own units, for a regression.
        features: what x's columns are.
        task: what kind of target it is.
        classes: the class names in the order of their numbers; empty for a regression.
        targets: names of what is to be predicted.
        weights: float64 [rows], how much each row counts; None if all count alike.
        groups: int64 [rows], rows of the same number stay together; None if there are none.
        times: float64 [rows], by which rows are split; None if they are not.
        fixed: int8 [rows], `TRAIN`, `VALIDATION` or `TEST`, where files of their own bring some part; None otherwise.
        parts: which rows came from which file.
    Raises:
        DataError: if the arrays do not fit each other, or a number is not finite.
    """

    name: str
    x: NDArray[np.float64]
    y: NDArray[Any]
    features: tuple[Feature, ...]
    task: Task
    classes: tuple[str, ...] = ()
    targets: tuple[str, ...] = ("target",)
    weights: NDArray[np.float64] | None = None
    groups: NDArray[np.int64] | None = None
    times: NDArray[np.float64] | None = None
    fixed: NDArray[np.int8] | None = None
    parts: Sequence[Part] = field(default=())

    def __post_init__(self) -> None:
        if self.x.ndim != 2 or self.y.shape[:1] != self.x.shape[:1] or self.x.shape[1] != len(self.features):
            raise DataError(
                f"{self.name}: the table must be x [rows, features] and y [rows], but is x {list(self.x.shape)} with "
                f"{len(self.features)} feature names and y {list(self.y.shape)}"
            )
        if self.x.size == 0:
            raise DataError(f"{self.name}: the table must have rows and features, but is x {list(self.x.shape)}")
        if np.isinf(self.x).any() or not np.isfinite(self.y).all():
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

    def columns_of(self, *kinds: Kind) -> list[int]:
        """The columns of x that are of some kinds."""
        return [index for index, feature in enumerate(self.features) if feature.kind in kinds]

    def place(self, row: int) -> str:
        """Where a row stands in its file, for a message."""
        return place_of(self.name, self.parts, row)
