"""The losses of numbers and their gradients; of several targets a loss is the mean over them."""

from __future__ import annotations

import tensorflow as tf

from tuner.lanes.loss_settings import LossSettings

NumberLoss = tuple[tf.Tensor, tf.Tensor]
"""The gradient [lanes, rows, outputs] with respect to the output, and the loss [lanes, rows]."""


def mean_squared_error(error: tf.Tensor, own: LossSettings) -> NumberLoss:
    """Of errors float32 [lanes, rows, outputs], the output less the target."""
    return 2.0 / error.shape[2] * error, _mean(error * error)


def mean_absolute_error(error: tf.Tensor, own: LossSettings) -> NumberLoss:
    """Of errors float32 [lanes, rows, outputs]."""
    return tf.sign(error) / error.shape[2], _mean(tf.abs(error))


def huber(error: tf.Tensor, own: LossSettings) -> NumberLoss:
    """Of errors float32 [lanes, rows, outputs]: half the square of small ones, and evenly growing from delta on.

    Source:
        keras.losses.Huber; Huber 1964, doi:10.1214/aoms/1177703732.
    """
    assert own.delta is not None
    delta = own.delta[:, tf.newaxis, tf.newaxis]
    size = tf.abs(error)
    small = size <= delta
    losses = tf.where(small, 0.5 * (error * error), delta * size - 0.5 * (delta * delta))
    return tf.where(small, error, delta * tf.sign(error)) / error.shape[2], _mean(losses)


def _mean(losses: tf.Tensor) -> tf.Tensor:
    return losses[..., 0] if losses.shape[2] == 1 else tf.reduce_mean(losses, axis=2)
