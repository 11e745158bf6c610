"""Rows on their way into a Keras training: targets in the shape a loss wants, and batches cut by TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tuner.data.prepared import FloatArray, Prepared

VALIDATION_BATCH = 8192
"""Validation rows evaluated at once: all of a small table, and not too much of a large one."""


def targets_of(prepared: Prepared, y: NDArray[Any]) -> NDArray[Any]:
    """A target column as Keras' losses want it.

    Returns:
        int32 [rows], class numbers, for several classes; float32 [rows, 1] beside a single output, and [rows, targets]
        beside one for each of several targets.
    """
    return y if prepared.task == "multiclass" else y.astype(np.float32).reshape(-1, prepared.targets)


def batches(
    x: FloatArray,
    y: NDArray[Any],
    size: int,
    *,
    weights: FloatArray | None = None,
    order: tf.Variable | None = None,
) -> tf.data.Dataset:
    """One pass over the rows; the last batch may be smaller.

    Batches are formed on the CPU, wherever the network is, and each pass reads the order anew.

    Args:
        x: float32 [rows, features].
        y: [rows] or [rows, targets].
        size: rows in a batch.
        weights: float32 [rows], how much each row counts; None if all count alike.
        order: int32 [rows], in which order to take the rows; None for their own.
    Returns:
        Batches (x, y), or (x, y, weights) if there are weights.
    """
    with tf.device("CPU:0"):
        columns = [tf.constant(column) for column in (x, y, weights) if column is not None]

    def batch(start: tf.Tensor) -> tuple[tf.Tensor, ...]:
        if order is None:
            return tuple(column[start : start + size] for column in columns)
        chosen = order[start : start + size]
        return tuple(tf.gather(column, chosen) for column in columns)

    return tf.data.Dataset.range(0, len(x), size).map(batch).prefetch(tf.data.AUTOTUNE)


def validation_batches(prepared: Prepared) -> tf.data.Dataset:
    """The validation rows in their own order."""
    y = targets_of(prepared, prepared.y_validation)
    return batches(prepared.x_validation, y, VALIDATION_BATCH, weights=prepared.weights_validation)
