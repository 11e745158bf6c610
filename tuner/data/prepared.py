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
        y_train, y_validation: int32 [rows], class numbers from 0, for a classification; for a regression float32
            [rows], or [rows, targets] for several, each target scaled to mean 0 and deviation 1 over the training rows.
        classes: the class names in the order of their numbers; empty for a regression.
        target_mean, target_scale: a regression's own units are `scaled * target_scale + target_mean`; of several
            targets each one's, or one number for all.
        weights_train, weights_validation: float32 [rows], how much each row counts beside the others, 0 for not at all;
            None if all count alike. Training minimizes the weighted loss, and the metrics are weighted means.
        fingerprint: of the rows, their weights, the split and the preprocessing.
    Raises:
        DataError: if the arrays do not fit each other, or if there are no such weights.
    """

    task: Task
    x_train: FloatArray
    y_train: NDArray[Any]
    x_validation: FloatArray
    y_validation: NDArray[Any]
    classes: tuple[str, ...] = ()
    target_mean: float | tuple[float, ...] = 0.0
    target_scale: float | tuple[float, ...] = 1.0
    weights_train: FloatArray | None = None
    weights_validation: FloatArray | None = None
    fingerprint: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        for part, x, y, weights in (
            ("training", self.x_train, self.y_train, self.weights_train),
            ("validation", self.x_validation, self.y_validation, self.weights_validation),
        ):
            several = self.task == "regression" and y.ndim == 2 and y.shape[1] > 1
            if x.ndim != 2 or not (y.ndim == 1 or several) or len(x) != len(y) or len(x) == 0:
                raise DataError(
                    f"the {part} rows must be x [rows, features] and y [rows], or y [rows, targets] for two or more "
                    f"numbers, with at least one row, but are x {list(x.shape)} and y {list(y.shape)}"
                )
            if weights is not None:
                _check_weights(part, weights, len(x))
        if self.x_train.shape[1] != self.x_validation.shape[1]:
            raise DataError(
                f"training rows have {self.x_train.shape[1]} features, validation rows {self.x_validation.shape[1]}"
            )
        if self.y_train.shape[1:] != self.y_validation.shape[1:]:
            raise DataError(
                f"training rows must have the targets of validation rows, but have y {list(self.y_train.shape)}, "
                f"and those y {list(self.y_validation.shape)}"
            )
        for name, value in (("target_mean", self.target_mean), ("target_scale", self.target_scale)):
            if isinstance(value, tuple) and (self.targets == 1 or len(value) != self.targets):
                raise DataError(
                    f"{name} must be one number, or a tuple of one for each of several targets, but is {value} for "
                    f"{self.targets}"
                )

    @property
    def features(self) -> int:
        """Number of inputs of the network."""
        return int(self.x_train.shape[1])

    @property
    def targets(self) -> int:
        """How many columns are predicted: more than one only for a regression."""
        return 1 if self.y_train.ndim == 1 else int(self.y_train.shape[1])

    @property
    def target_scales(self) -> tuple[float, ...]:
        """Each target's scale."""
        scale = self.target_scale
        return scale if isinstance(scale, tuple) else (scale,) * self.targets

    @property
    def outputs(self) -> int:
        """Number of outputs of the network: one per class if these are several, else one per target."""
        return len(self.classes) if self.task == "multiclass" else self.targets


def _check_weights(part: str, weights: FloatArray, rows: int) -> None:
    """Whether rows can be weighted so.

    Raises:
        DataError: if they cannot.
    """
    if weights.dtype != np.float32 or weights.shape != (rows,):
        raise DataError(
            f"the {part} weights must be float32 [{rows}], one for each row, but are {weights.dtype} "
            f"{list(weights.shape)}"
        )
    bad = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if len(bad):
        raise DataError(
            f"the {part} weights must be finite and 0 or more, but that of row {bad[0]} is {weights[bad[0]]}"
            + (f", and {len(bad) - 1} more are not either" if len(bad) > 1 else "")
        )
    if not weights.any():
        raise DataError(f"the {part} weights must be above 0 for at least one row, but are all 0")
