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
        int32 [rows], class numbers, for several classes; float32 [rows, 1] beside a single output.
    """
    return y if prepared.task == "multiclass" else y.astype(np.float32).reshape(-1, 1)


def batches(x: FloatArray, y: NDArray[Any], size: int, *, order: tf.Variable | None = None) -> tf.data.Dataset:
    """One pass over the rows; the last batch may be smaller.

    Batches are formed on the CPU, wherever the network is, and each pass reads the order anew.

    Args:
        x: float32 [rows, features].
        y: [rows] or [rows, 1].
        size: rows in a batch.
        order: int32 [rows], in which order to take the rows; None for their own.
    """
    with tf.device("CPU:0"):
        all_x, all_y = tf.constant(x), tf.constant(y)

    def batch(start: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        if order is None:
            return all_x[start : start + size], all_y[start : start + size]
        chosen = order[start : start + size]
        return tf.gather(all_x, chosen), tf.gather(all_y, chosen)

    return tf.data.Dataset.range(0, len(x), size).map(batch).prefetch(tf.data.AUTOTUNE)


def validation_batches(prepared: Prepared) -> tf.data.Dataset:
    """The validation rows in their own order."""
    return batches(prepared.x_validation, targets_of(prepared, prepared.y_validation), VALIDATION_BATCH)
