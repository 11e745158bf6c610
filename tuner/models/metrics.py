"""The Keras metrics of each task: what is measured beside the loss, without penalties."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import keras

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


def metrics_for(task: Task) -> list[keras.metrics.Metric]:
    """Fresh metrics for one model."""
    return [metric(name=name) for name, metric in METRICS[task].items()]
