"""The losses, their gradients, and what an epoch's metrics are made of, from the output layer's pre-activations.

Keras applies its losses to probabilities, but under TensorFlow it finds the logits that a softmax or sigmoid was given,
for the loss as for the cross-entropy metrics, and never clips. So the loss and the log loss are one and the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tuner.lanes.activations import decay, log1p_of_share
from tuner.study.metrics import Task

SUMS: Mapping[Task, tuple[str, ...]] = {
    "binary": ("loss", "correct"),
    "multiclass": ("loss", "correct"),
    "regression": ("loss", "squared_error", "absolute_error"),
}
"""What is summed over the rows, in the order of the columns of `Measures.sums`."""


class Measures(NamedTuple):
    """What one batch says.

    Attributes:
        gradient: float32 [lanes, rows, outputs], of the real rows' mean loss with respect to `z`; 0 in filler rows.
        sums: float32 [lanes, len(SUMS[task])], over the real rows.
    """

    gradient: tf.Tensor
    sums: tf.Tensor


def measure(loss: str, z: tf.Tensor, y: tf.Tensor, weights: tf.Tensor) -> Measures:
    """Loss, gradient and metrics of one batch.

    Args:
        loss: Keras' name of the loss, which tells the task too.
        z: float32 [lanes, rows, outputs], the output layer's pre-activations, with its bias.
        y: [rows]; int32 class numbers if multiclass, else float32: 0 or 1, or the regression's target.
        weights: float32 [rows]: 1 for a real row, 0 for a filler row; at least one is real.
    """
    gradients, quantities = _PARTS[loss](z, y)
    real = weights > 0
    gradient = tf.where(real[:, tf.newaxis], gradients / tf.reduce_sum(weights), 0.0)
    return Measures(gradient, _sums(quantities, real))


def sums_only(loss: str, z: tf.Tensor, y: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """As `measure`, without a gradient: float32 [lanes, len(SUMS[task])]."""
    return _sums(_PARTS[loss](z, y)[1], weights > 0)


def metrics_of_sums(
    task: Task, sums: NDArray[np.floating], rows: int | NDArray[np.integer], target_scale: float = 1.0
) -> Mapping[str, NDArray[np.float64]]:
    """An epoch's metrics, by the names that `tuner.models.metrics` has, and `loss`, which here is without penalties.

    Args:
        task: the target's kind.
        sums: [lanes, len(SUMS[task])], of all rows.
        rows: how many those are, for all lanes or each, [lanes].
        target_scale: target units in one unit that the network is trained in; a regression's metrics, though not its
            loss, are in target units.
    Returns:
        Each metric's float64 [lanes]; not finite in a lane that has diverged.
    """
    means = dict(zip(SUMS[task], np.asarray(sums, np.float64).T / rows, strict=True))
    loss = means["loss"]
    if task == "regression":
        rmse, mae = np.sqrt(means["squared_error"]), means["absolute_error"]
        return {"loss": loss, "rmse": rmse * target_scale, "mae": mae * target_scale}
    return {"loss": loss, "log_loss": loss, "accuracy": means["correct"]}


def _sums(quantities: tuple[tf.Tensor, ...], real: tf.Tensor) -> tf.Tensor:
    """Sums over the real rows of several [lanes, rows]: [lanes, quantities]."""
    return tf.stack([tf.reduce_sum(tf.where(real, quantity, 0.0), axis=1) for quantity in quantities], axis=1)


class _Parts(NamedTuple):
    """A loss' derivative in each row, [lanes, rows, outputs], and each of the task's `SUMS` in it, [lanes, rows]."""

    gradients: tf.Tensor
    quantities: tuple[tf.Tensor, ...]


def _sparse_categorical_crossentropy(z: tf.Tensor, y: tf.Tensor) -> _Parts:
    y = y[:, tf.newaxis]
    classes = tf.range(z.shape[2])
    is_label = tf.equal(classes, y)
    shifted = z - tf.reduce_max(z, axis=2, keepdims=True)
    exponentials = tf.exp(shifted)
    total = tf.reduce_sum(exponentials, axis=2, keepdims=True)
    losses = tf.math.log(total[..., 0]) - tf.reduce_sum(tf.where(is_label, shifted, 0.0), axis=2)
    # Keras predicts the first of equally probable classes, also where the probabilities are NaN. `argmax` says the same
    # but is slow.
    of_label = tf.reduce_sum(tf.where(is_label, exponentials, 0.0), axis=2, keepdims=True)
    beaten = tf.where(classes < y, ~(exponentials < of_label), exponentials > of_label)
    correct = tf.where(tf.reduce_any(beaten, axis=2), 0.0, 1.0)
    return _Parts(exponentials / total - tf.where(is_label, 1.0, 0.0), (losses, correct))


def _binary_crossentropy(z: tf.Tensor, y: tf.Tensor) -> _Parts:
    z = z[..., 0]
    t = decay(z)
    share = tf.where(z < 0, t, 1.0) / (1.0 + t)
    losses = tf.nn.relu(z) - z * y + log1p_of_share(t)
    # At exactly 0.5, and at NaN, Keras predicts class 0.
    correct = tf.where(tf.equal(share > 0.5, y > 0.5), 1.0, 0.0)
    return _Parts((share - y)[..., tf.newaxis], (losses, correct))


def _mean_squared_error(z: tf.Tensor, y: tf.Tensor) -> _Parts:
    error = z[..., 0] - y
    squared = error * error
    return _Parts(2.0 * error[..., tf.newaxis], (squared, squared, tf.abs(error)))


def _mean_absolute_error(z: tf.Tensor, y: tf.Tensor) -> _Parts:
    error = z[..., 0] - y
    absolute = tf.abs(error)
    return _Parts(tf.sign(error)[..., tf.newaxis], (absolute, error * error, absolute))


_PARTS: Mapping[str, Callable[[tf.Tensor, tf.Tensor], _Parts]] = {
    "binary_crossentropy": _binary_crossentropy,
    "sparse_categorical_crossentropy": _sparse_categorical_crossentropy,
    "mean_squared_error": _mean_squared_error,
    "mean_absolute_error": _mean_absolute_error,
}
"""By Keras' names; `tuner.models.losses` says which fits which task."""
