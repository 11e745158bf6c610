"""How good predictions are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


def scores(truth: Any, predicted: Any, *, classes: bool) -> Mapping[str, float]:
    """The measure that counts, then another one that helps to understand it.

    Args:
        truth: class numbers, or targets in their own unit, [rows].
        predicted: the same.
        classes: whether they are class numbers.
    """
    if classes:
        right = truth == predicted
        # Of each class that is there, the share of its rows that are right.
        recalls = [float(right[truth == each].mean()) for each in np.unique(truth)]
        return {"balanced_accuracy": float(np.mean(recalls)), "accuracy": float(right.mean())}
    errors = np.asarray(predicted, np.float64) - truth
    return {"rmse": float(np.sqrt(np.mean(errors**2))), "mae": float(np.mean(np.abs(errors)))}
