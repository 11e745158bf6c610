"""Gradient clipping, of each lane by itself: one lane's norm never sees another's gradients."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

KINDS = ("none", "value", "norm", "global_norm")
"""What a lane's code is an index into."""


def clipped(
    gradients: Sequence[tf.Tensor],
    segments: Sequence[Sequence[tuple[int, int]]],
    codes: tf.Tensor,
    limits: tf.Tensor,
    techniques: frozenset[str],
) -> list[tf.Tensor]:
    """The gradients, held within each lane's limit.

    Args:
        gradients: of each array, float32 [lanes, rows, columns], penalties included.
        segments: for each array the rows, from and to, that are one array in Keras, such as weights and biases.
        codes: int32 [lanes], each lane's index into `KINDS`.
        limits: float32 [lanes].
        techniques: of the signature; what no lane has is not computed.
    Source:
        `_clip_gradients` in keras/src/optimizers/base_optimizer.py.
    """
    limit = limits[:, None, None]
    lane = codes[:, None, None]
    results = list(gradients)
    if "clipping_by_value" in techniques:
        is_value = lane == KINDS.index("value")
        results = [
            tf.where(is_value, tf.clip_by_value(gradient, -limit, limit), result)
            for gradient, result in zip(gradients, results, strict=True)
        ]
    by_norm, by_global = "clipping_by_norm" in techniques, "clipping_by_global_norm" in techniques
    if not (by_norm or by_global):
        return results
    squares = [
        [_squares(gradient[:, a:b]) for a, b in rows] for gradient, rows in zip(gradients, segments, strict=True)
    ]
    if by_norm:
        is_norm = lane == KINDS.index("norm")
        for index, (gradient, rows, sums) in enumerate(zip(gradients, segments, squares, strict=True)):
            scales = [limit / tf.maximum(tf.sqrt(each), limit) for each in sums]
            scaled = tf.concat([gradient[:, a:b] * scale for (a, b), scale in zip(rows, scales, strict=True)], 1)
            # What comes after the last segment has no gradient.
            rest = gradient[:, rows[-1][1] :]
            results[index] = tf.where(is_norm, tf.concat([scaled, rest], 1), results[index])
    if by_global:
        norm = tf.sqrt(tf.add_n([each for sums in squares for each in sums]))
        # An infinite norm makes the scale NaN, as in Keras, and the lane diverges.
        scale = limit * tf.minimum(1.0 / norm, 1.0 / limit) + (norm - norm)
        is_global = lane == KINDS.index("global_norm")
        results = [
            tf.where(is_global, gradient * scale, result) for gradient, result in zip(gradients, results, strict=True)
        ]
    return results


def _squares(gradient: tf.Tensor) -> tf.Tensor:
    """The sum of squares of each lane: float32 [lanes, 1, 1]."""
    # As for the penalties: rows are added to each other first, and a matrix product sums up the few that are left.
    by_column = tf.reduce_sum(tf.square(gradient), axis=1)
    return tf.linalg.matvec(by_column, tf.ones([gradient.shape[2]]))[:, None, None]
