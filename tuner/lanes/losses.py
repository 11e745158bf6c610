"""The losses, their gradients, and what an epoch's metrics are made of, from the output layer's pre-activations.

Keras applies its losses to probabilities, but under TensorFlow it finds the logits that a softmax or sigmoid was given,
for the loss as for the cross-entropy metrics, and never clips. So the loss and the log loss are one and the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
"""What is summed over the rows, in the order of the columns of `Measures.sums`; each error once for every target."""


class Measures(NamedTuple):
    """What one batch says.

    Attributes:
        gradient: float32 [lanes, rows, outputs], of the real rows' mean loss with respect to `z`; 0 in filler rows.
        sums: float32 [lanes, columns_of_sums(task, outputs)], over the real rows.
    """

    gradient: tf.Tensor
    sums: tf.Tensor


def columns_of_sums(task: Task, outputs: int) -> int:
    """How many columns `Measures.sums` has.

    >>> columns_of_sums("multiclass", 4), columns_of_sums("regression", 1), columns_of_sums("regression", 3)
    (2, 3, 7)
    """
    return 1 + (len(SUMS[task]) - 1) * (outputs if task == "regression" else 1)


def measure(
    loss: str, z: tf.Tensor, y: tf.Tensor, weights: tf.Tensor, sample_weights: tf.Tensor | None = None
) -> Measures:
    """Loss, gradient and metrics of one batch.

    Args:
        loss: Keras' name of the loss, which tells the task too.
        z: float32 [lanes, rows, outputs], the output layer's pre-activations, with its bias.
        y: [rows]; int32 class numbers if multiclass, else float32: 0 or 1, or the regression's target; [rows, outputs]
            if a regression has several.
        weights: float32 [rows]: 1 for a real row, 0 for a filler row; at least one is real.
        sample_weights: float32 [rows], by which each row's loss and metrics are multiplied; None if all count alike.
            As in Keras, the mean loss is still a mean over rows, and not over weights.
    """
    gradients, quantities = _PARTS[loss](z, y)
    real = weights > 0
    if sample_weights is not None:
        gradients *= sample_weights[:, tf.newaxis]
    gradient = tf.where(real[:, tf.newaxis], gradients / tf.reduce_sum(weights), 0.0)
    return Measures(gradient, _sums(quantities, real, sample_weights))


def sums_only(
    loss: str, z: tf.Tensor, y: tf.Tensor, weights: tf.Tensor, sample_weights: tf.Tensor | None = None
) -> tf.Tensor:
    """As `measure`, without a gradient: float32 [lanes, columns_of_sums(task, outputs)]."""
    return _sums(_PARTS[loss](z, y)[1], weights > 0, sample_weights)


def outputs_of(loss: str, z: tf.Tensor) -> tf.Tensor:
    """What Keras' `predict` gives: probabilities of classes, or numbers; float32 [lanes, rows, outputs].

    Args:
        loss: Keras' name of the loss, which tells the task too.
        z: float32 [lanes, rows, outputs], the output layer's pre-activations, with its bias.
    """
    return _OUTPUTS.get(loss, tf.identity)(z)


def metrics_of_sums(
    task: Task,
    sums: NDArray[np.floating],
    rows: int | NDArray[np.integer],
    target_scale: float | Sequence[float] = 1.0,
    *,
    weight: float | None = None,
) -> Mapping[str, NDArray[np.float64]]:
    """An epoch's metrics, by the names that `tuner.models.metrics` has, and `loss`, which here is without penalties.

    Args:
        task: the target's kind.
        sums: [lanes, columns_of_sums(task, outputs)], of all rows.
        rows: how many those are, for all lanes or each, [lanes].
        target_scale: target units in one unit that the network is trained in, for all targets or each; a regression's
            metrics, though not its loss, are in target units, and of several targets the mean over these.
        weight: the sum of the rows' sample weights, over which the metrics, though not the loss, are means; None if all
            rows count alike.
    Returns:
        Each metric's float64 [lanes]; not finite in a lane that has diverged.
    """
    loss, *others = np.asarray(sums, np.float64).T
    over = rows if weight is None else weight
    if task == "regression":
        squared, absolute = np.split(np.array(others) / over, 2)
        scales = np.reshape(target_scale, (-1, 1))
        rmse, mae = np.mean(np.sqrt(squared) * scales, axis=0), np.mean(absolute * scales, axis=0)
        return {"loss": loss / rows, "rmse": rmse, "mae": mae}
    (correct,) = others
    return {"loss": loss / rows, "log_loss": loss / over, "accuracy": correct / over}


def _sums(quantities: tuple[tf.Tensor, ...], real: tf.Tensor, sample_weights: tf.Tensor | None) -> tf.Tensor:
    """Sums over the real rows of several quantities, side by side: [lanes, columns]."""
    columns = []
    for quantity in quantities:
        # The errors of several targets are [lanes, rows, targets], all else is [lanes, rows].
        several = quantity.shape.rank == 3
        counts = real[:, tf.newaxis] if several else real
        if sample_weights is not None:
            quantity *= sample_weights[:, tf.newaxis] if several else sample_weights
        total = tf.reduce_sum(tf.where(counts, quantity, 0.0), axis=1)
        columns.append(total if several else total[:, tf.newaxis])
    return tf.concat(columns, axis=1)


class _Parts(NamedTuple):
    """A loss' derivative in each row, [lanes, rows, outputs], and each of the task's `SUMS` in it.

    These are [lanes, rows], but [lanes, rows, targets] for the errors of several targets.
    """

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
    if y.shape.rank == 2:
        error = z - y
        squared = error * error
        return _Parts(2.0 / y.shape[1] * error, (tf.reduce_mean(squared, axis=2), squared, tf.abs(error)))
    error = z[..., 0] - y
    squared = error * error
    return _Parts(2.0 * error[..., tf.newaxis], (squared, squared, tf.abs(error)))


def _mean_absolute_error(z: tf.Tensor, y: tf.Tensor) -> _Parts:
    if y.shape.rank == 2:
        error = z - y
        absolute = tf.abs(error)
        return _Parts(tf.sign(error) / y.shape[1], (tf.reduce_mean(absolute, axis=2), error * error, absolute))
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

_OUTPUTS: Mapping[str, Callable[[tf.Tensor], tf.Tensor]] = {
    "binary_crossentropy": tf.sigmoid,
    "sparse_categorical_crossentropy": tf.nn.softmax,
}
"""The output layer's activation beside a loss; none beside those of numbers."""
