"""One update rule for lanes with any optimizer: what `coefficients.py` says, done to all weights at once."""

from __future__ import annotations

import tensorflow as tf

from tuner.lanes.coefficients import COEFFICIENTS


def update(
    weights: tf.Tensor, gradient: tf.Tensor, first: tf.Tensor, second: tf.Tensor, coefficients: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """The weights and the optimizers' slots after one training step.

    Element by element, so that a compiler makes one pass over memory out of it, with one division and two square roots.

    Args:
        weights: float32 [lanes, rows, columns].
        gradient: float32 [lanes, rows, columns], of everything that is minimized, penalties included.
        first, second: float32 [lanes, rows, columns], the two slots P and Q of the rule in `coefficients.py`.
        coefficients: float32 [lanes, C], this step's rows of `step_coefficients`.
    Returns:
        The new weights, first and second slots.
    """
    # [C, lanes, 1, 1]: each coefficient is broadcast over the weights of its lane.
    columns = tf.unstack(tf.transpose(coefficients)[:, :, tf.newaxis, tf.newaxis], num=len(COEFFICIENTS))
    of = dict(zip(COEFFICIENTS, columns, strict=True))

    square = gradient * gradient
    toward = tf.where(of["second_pulls"] > 0, square - second, square)
    kept = of["second_keep"] * second
    is_max = of["second_is_max"] > 0
    second = tf.where(is_max, tf.maximum(kept, tf.abs(gradient)), kept + _term(of["second_new"], toward))

    root = tf.where(is_max, second, tf.sqrt(second + of["inner_epsilon"])) + of["outer_epsilon"]
    inverse = 1.0 / root
    scaled = gradient * inverse
    delta = tf.sqrt(first + of["inner_epsilon"]) * scaled

    late = of["divides_late"] > 0
    first = (
        of["first_keep"] * first
        + _term(of["first_new"], tf.where(late, gradient, scaled))
        + _term(of["first_delta"], delta * delta)
    )
    step = (
        _term(of["step_first"], tf.where(late, first * inverse, first))
        + _term(of["step_scaled"], scaled)
        + _term(of["step_delta"], delta)
        + _term(of["decay"], weights)
    )
    return weights - step, first, second


def _term(coefficient: tf.Tensor, value: tf.Tensor) -> tf.Tensor:
    """The product; 0 where a lane's optimizer lacks the term, also for a value that is infinite or no number."""
    return tf.where(coefficient != 0, coefficient * value, 0.0)
