"""L1 and L2 penalties on each lane's weights, and what they add to the gradient."""

from __future__ import annotations

import tensorflow as tf

_PIECES = 32
"""Slices of a weight array that are added to each other before anything is summed within one."""

_FEWEST_IN_PIECE = 64


def penalty(weights: tf.Tensor, l1: tf.Tensor, l2: tf.Tensor) -> tf.Tensor:
    """What each lane's penalty adds to its loss.

        penalty = l1 * sum(|w|) + l2 * sum(w ** 2)

    Args:
        weights: float32 [lanes, inputs, units]; the last two sizes have to be known.
        l1, l2: float32 [lanes], not negative.
    Returns:
        float32 [lanes].
    Source:
        `keras.regularizers.L1L2`.
    """
    size = weights.shape[1] * weights.shape[2]
    flat = tf.reshape(weights, [-1, size])
    l1, l2 = l1[:, tf.newaxis], l2[:, tf.newaxis]

    def penalties(start: int, stop: int) -> tf.Tensor:
        magnitude = tf.abs(flat[:, start:stop])
        return magnitude * (l1 + l2 * magnitude)

    # XLA sums a row on a CPU number by number, ten times as slowly as it adds slices to each other. The few sums that
    # are left are left to a matrix product, which XLA does not take apart.
    piece = min(size, max(_FEWEST_IN_PIECE, -(-size // _PIECES)))
    whole = size - size % piece
    added = tf.add_n([penalties(start, start + piece) for start in range(0, whole, piece)])
    total = tf.linalg.matvec(added, tf.ones([piece]))
    if whole < size:
        total += tf.linalg.matvec(penalties(whole, size), tf.ones([size - whole]))
    return total


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
