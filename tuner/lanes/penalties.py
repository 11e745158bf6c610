"""L1 and L2 penalties on each lane's weights, and what they add to the gradient."""

from __future__ import annotations

import tensorflow as tf


def penalty(weights: tf.Tensor, l1: tf.Tensor, l2: tf.Tensor) -> tf.Tensor:
    """What each lane's penalty adds to its loss.

        penalty = l1 * sum(|w|) + l2 * sum(w ** 2)

    Args:
        weights: float32 [lanes, inputs, units]; the units have to be known.
        l1, l2: float32 [lanes], not negative.
    Returns:
        float32 [lanes].
    Source:
        `keras.regularizers.L1L2`.
    """
    magnitude = tf.abs(weights)
    penalties = magnitude * (l1[:, tf.newaxis, tf.newaxis] + l2[:, tf.newaxis, tf.newaxis] * magnitude)
    # XLA sums a row on a CPU number by number, ten times as slowly as it adds rows to each other. The few sums that are
    # left are left to a matrix product, which XLA does not take apart.
    return tf.linalg.matvec(tf.reduce_sum(penalties, axis=1), tf.ones([weights.shape[2]]))


def penalty_gradient(weights: tf.Tensor, l1: tf.Tensor, l2: tf.Tensor) -> tf.Tensor:
    """The penalty's derivative: `l1 * sign(w) + 2 * l2 * w`, where the sign of 0 is 0.

    Args:
        weights: float32 [lanes, inputs, units].
        l1, l2: float32 [lanes].
    Returns:
        float32 [lanes, inputs, units].
    """
    l1, l2 = l1[:, tf.newaxis, tf.newaxis], l2[:, tf.newaxis, tf.newaxis]
    return l1 * tf.sign(weights) + 2.0 * l2 * weights
