"""The Keras metrics of each task: what is measured beside the loss, without penalties."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import keras

from tuner.models.target_errors import MeanAbsoluteErrors, RootMeanSquaredErrors, TargetErrors
from tuner.study.metrics import Task

METRICS: Mapping[Task, Mapping[str, Callable[..., keras.metrics.Metric]]] = {
    "binary": {"log_loss": keras.metrics.BinaryCrossentropy, "accuracy": keras.metrics.BinaryAccuracy},
    "multiclass": {
        "log_loss": keras.metrics.SparseCategoricalCrossentropy,
        "accuracy": keras.metrics.SparseCategoricalAccuracy,
    },
    "regression": {"rmse": keras.metrics.RootMeanSquaredError, "mae": keras.metrics.MeanAbsoluteError},
}
"""Every metric by its name without `val_`. A regression's are in the units the network is trained in."""


OF_SEVERAL_TARGETS: Mapping[str, type[TargetErrors]] = {"rmse": RootMeanSquaredErrors, "mae": MeanAbsoluteErrors}
"""A regression's metrics, by the same names, where Keras' own would mix targets of different units."""


def metrics_for(task: Task, target_scales: Sequence[float] = ()) -> list[keras.metrics.Metric]:
    """Fresh metrics for one model.

    Args:
        task: the target's kind.
        target_scales: each target's scale. If they are several, the metrics are means over the targets in these' own
            units; else, and if left out, they are Keras' own.
    """
    if len(target_scales) > 1:
        return [metric(target_scales, name=name) for name, metric in OF_SEVERAL_TARGETS.items()]
    return [metric(name=name) for name, metric in METRICS[task].items()]
