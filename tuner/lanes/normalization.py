"""Batch normalization with statistics of its own in each lane, and its way back.

The rows of a batch that are fillers count for nothing: neither in the statistics, nor on the way back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import tensorflow as tf

Rows = Mapping[str, tf.Tensor]
"""Numbers of the units by name, such as `gamma`: float32 [lanes, 1, units] each."""


class Normalized(NamedTuple):
    """What the way back, and the moving statistics, need of the way forward.

    Attributes:
        shares: float32 [lanes, rows, units], (x - mean) / sqrt(variance + epsilon).
        inverse: float32 [lanes, 1, units], 1 / sqrt(variance + epsilon).
        mean, variance: float32 [lanes, 1, units], over the real rows of the batch.
    """

    shares: tf.Tensor
    inverse: tf.Tensor
    mean: tf.Tensor
    variance: tf.Tensor


def normalize(x: tf.Tensor, units: Rows, row_weights: tf.Tensor, epsilon: tf.Tensor) -> tuple[tf.Tensor, Normalized]:
    """Normalized by the batch's own mean and variance, as in training.

    Args:
        x: float32 [lanes, rows, units].
        units: `gamma` and `beta`.
        row_weights: float32 [rows], 1 for a real row, 0 for a filler row; at least one is real.
        epsilon: float32 [lanes].
    Returns:
        float32 [lanes, rows, units], and what `back` needs.
    Source:
        keras.layers.BatchNormalization.
    """
    mean = _mean(x, row_weights)
    variance = _mean(tf.square(x - mean), row_weights)
    inverse = tf.math.rsqrt(variance + epsilon[:, None, None])
    shares = (x - mean) * inverse
    return units["gamma"] * shares + units["beta"], Normalized(shares, inverse, mean, variance)


def normalize_by_moving(x: tf.Tensor, units: Rows, epsilon: tf.Tensor) -> tf.Tensor:
    """Normalized by the moving mean and variance, as after training; x and epsilon as for `normalize`."""
    scale = units["gamma"] * tf.math.rsqrt(units["variance"] + epsilon[:, None, None])
    return (x - units["mean"]) * scale + units["beta"]


def back(
    dy: tf.Tensor, saved: Normalized, units: Rows, row_weights: tf.Tensor
) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
    """The gradients of what `normalize` was given, from that of its result.

    Args:
        dy: float32 [lanes, rows, units], 0 in filler rows.
        saved: from `normalize`.
        units, row_weights: as given to `normalize`.
    Returns:
        The gradient of x, float32 [lanes, rows, units], 0 in filler rows; and those of `gamma` and `beta`.
    """
    count = tf.reduce_sum(row_weights)
    beta = tf.reduce_sum(dy, axis=1, keepdims=True)
    gamma = tf.reduce_sum(dy * saved.shares, axis=1, keepdims=True)
    centred = dy - (beta + saved.shares * gamma) / count
    dx = tf.where(row_weights[:, None] > 0, units["gamma"] * saved.inverse * centred, 0.0)
    return dx, {"gamma": gamma, "beta": beta}


def moved(units: Rows, saved: Normalized, momentum: tf.Tensor) -> dict[str, tf.Tensor]:
    """The moving `mean` and `variance` after a training step.

    Args:
        units: those before it.
        saved: from `normalize`.
        momentum: float32 [lanes], the share that is kept.
    """
    kept = momentum[:, None, None]
    return {
        "mean": units["mean"] * kept + saved.mean * (1.0 - kept),
        "variance": units["variance"] * kept + saved.variance * (1.0 - kept),
    }


def _mean(x: tf.Tensor, row_weights: tf.Tensor) -> tf.Tensor:
    """Over the real rows: float32 [lanes, 1, units]."""
    real = tf.where(row_weights[:, None] > 0, x, 0.0)
    return tf.reduce_sum(real, axis=1, keepdims=True) / tf.reduce_sum(row_weights)
