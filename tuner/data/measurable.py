"""Whether validation rows define a metric: areas under curves need a row of every class, R2 a target that varies."""

from __future__ import annotations

import numpy as np

from tuner.data.prepared import Prepared
from tuner.errors import DataError, listed
from tuner.study.metrics import METRICS

SHOWN_CLASSES = 3
"""How many classes without a row are named."""


def why_not_measurable(metric: str, data: Prepared) -> str | None:
    """Why a metric of the task is not defined for the validation rows; None if it is.

    Args:
        metric: such as `val_roc_auc`.
        data: rows of weight 0 are as good as none.
    Returns:
        A clause that begins with the rows, such as `no validation row is of class "x"`.
    """
    if METRICS[metric].needs != "ranks" and metric != "val_r2":
        return None
    y, weights = data.y_validation, data.weights_validation
    counted = y if weights is None else y[weights > 0]
    if metric == "val_r2":
        same = counted.min(axis=0) == counted.max(axis=0)
        return "all validation rows have the same target" if np.any(same) else None
    rows = np.bincount(counted, minlength=len(data.classes))
    absent = [f'"{data.classes[number]}"' for number in np.flatnonzero(rows == 0)]
    if len(absent) > SHOWN_CLASSES:
        absent[SHOWN_CLASSES:] = [f"{len(absent) - SHOWN_CLASSES} more"]
    return f"no validation row is of class {listed(absent)}" if absent else None


def check_measurable(metric: str, data: Prepared) -> None:
    """Raises DataError if a metric of the task is not defined for the validation rows."""
    why = why_not_measurable(metric, data)
    if why is not None:
        raise DataError(f"{metric} cannot be measured: {why}")
