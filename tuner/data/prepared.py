"""What training gets to see: float32 arrays of training and validation rows, and nothing of the test rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.errors import DataError
from tuner.study.metrics import Task

FloatArray = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Prepared:
    """Training and validation rows, ready for a network. The test rows are not in here, on purpose.

    Attributes:
        task: what kind of target it is.
        x_train, x_validation: float32 [rows, features].
        y_train, y_validation: int32 [rows], class numbers from 0, for a classification; float32 [rows], scaled to mean
            0 and deviation 1 over the training rows, for a regression.
        classes: the class names in the order of their numbers; empty for a regression.
        target_mean, target_scale: a regression's own units are `scaled * target_scale + target_mean`.
        fingerprint: of the rows, the split and the preprocessing.
    Raises:
        DataError: if the arrays do not fit each other.
    """

    task: Task
    x_train: FloatArray
    y_train: NDArray[Any]
    x_validation: FloatArray
    y_validation: NDArray[Any]
    classes: tuple[str, ...] = ()
    target_mean: float = 0.0
    target_scale: float = 1.0
    fingerprint: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        for part, x, y in (
            ("training", self.x_train, self.y_train),
            ("validation", self.x_validation, self.y_validation),
        ):
            if x.ndim != 2 or y.ndim != 1 or len(x) != len(y) or len(x) == 0:
                raise DataError(
                    f"the {part} rows must be x [rows, features] and y [rows] with at least one row, "
                    f"but are x {list(x.shape)} and y {list(y.shape)}"
                )
        if self.x_train.shape[1] != self.x_validation.shape[1]:
            raise DataError(
                f"training rows have {self.x_train.shape[1]} features, validation rows {self.x_validation.shape[1]}"
            )

    @property
    def features(self) -> int:
        """Number of inputs of the network."""
        return int(self.x_train.shape[1])

    @property
    def outputs(self) -> int:
        """Number of outputs of the network: one for a binary task or a regression, one per class otherwise."""
        return len(self.classes) if self.task == "multiclass" else 1
