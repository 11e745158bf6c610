"""How much a training row counts so that all classes weigh the same."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.data.prepared import FloatArray, Prepared


def balanced_weights(y: NDArray[Any], classes: int) -> FloatArray:
    """The weight of each class: rows / (classes * rows of the class).

    Args:
        y: whole numbers [rows], the class of each training row.
        classes: how many there are; one without rows is left out of the formula, and weighs 0.
    Returns:
        float32 [classes]. Over the rows the weights are 1 in the mean.
    Source:
        sklearn.utils.class_weight.compute_class_weight("balanced").

    >>> balanced_weights(np.array([0, 0, 1]), 2).tolist()
    [0.75, 1.5]
    """
    counts = np.bincount(y.astype(np.int64), minlength=classes)
    return np.where(counts > 0, len(y) / (np.count_nonzero(counts) * np.maximum(counts, 1)), 0.0).astype(np.float32)


def balanced_row_weights(prepared: Prepared) -> FloatArray:
    """The weight of each training row's class: float32 [rows]."""
    weights: FloatArray = balanced_weights(prepared.y_train, len(prepared.classes))[prepared.y_train]
    return weights
