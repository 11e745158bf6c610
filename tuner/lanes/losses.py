"""The losses, their gradients, and what an epoch's metrics are made of, from the output layer's pre-activations.

Keras applies its losses to probabilities, but under TensorFlow it finds the logits that a softmax or sigmoid was given,
for cross-entropy as a loss and as a metric, and never clips. So that loss, of labels that are not smoothed and classes
that are not weighted, and the log loss are one and the same. The others are of the probabilities themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tuner.lanes import class_losses, number_losses
from tuner.lanes.loss_settings import NO_SETTINGS, LossSettings
from tuner.study.metrics import Task

SUMS: Mapping[Task, tuple[str, ...]] = {
    "binary": ("loss", "correct"),
    "multiclass": ("loss", "correct"),
    "regression": ("loss", "squared_error", "absolute_error"),
}
"""What is summed over the rows, in the order of the columns of `Measures.sums`; each error once for every target.

After them stands the log loss of classes, if that is not the loss itself.
"""


class Measures(NamedTuple):
    """What one batch says.

    Attributes:
        gradient: float32 [lanes, rows, outputs], of the real rows' mean loss with respect to `z`; 0 in filler rows.
        sums: float32 [lanes, columns_of_sums(...)], over the real rows.
    """

    gradient: tf.Tensor
    sums: tf.Tensor


class Rule(NamedTuple):
    """Which loss is measured.

    Attributes:
        task: the target's kind.
        loss: Keras' name of the loss.
        own_log_loss: whether the log loss of classes is another number than the loss, and summed beside it.
    """

    task: Task
    loss: str
    own_log_loss: bool = False


def columns_of_sums(task: Task, outputs: int, own_log_loss: bool = False) -> int:
    """How many columns `Measures.sums` has; one more with a log loss beside the loss.

    >>> columns_of_sums("multiclass", 4), columns_of_sums("regression", 1), columns_of_sums("regression", 3)
    (2, 3, 7)
    """
    return 1 + own_log_loss + (len(SUMS[task]) - 1) * (outputs if task == "regression" else 1)


def measure(
    rule: Rule,
    z: tf.Tensor,
    y: tf.Tensor,
    weights: tf.Tensor,
    sample_weights: tf.Tensor | None = None,
    own: LossSettings = NO_SETTINGS,
    class_weights: tf.Tensor | None = None,
) -> Measures:
    """Loss, gradient and metrics of one batch.

    Args:
        rule: which loss of which task.
        z: float32 [lanes, rows, outputs], the output layer's pre-activations, with its bias.
        y: [rows]; int32 class numbers if multiclass, else float32: 0 or 1, or the regression's target; [rows, outputs]
            if a regression has several.
        weights: float32 [rows]: 1 for a real row, 0 for a filler row; at least one is real.
        sample_weights: float32 [rows], by which each row's loss and metrics are multiplied; None if all count alike.
            As in Keras, the mean loss is still a mean over rows, and not over weights.
        own: what of its loss is each lane's own.
        class_weights: float32 [rows], by which the loss is multiplied in the lanes that balance their classes; the
            metrics only are if there are sample weights too, as Keras knows no others then. None in a program without
            such lanes.
    """
    gradients, quantities = _parts(rule, z, y, own)
    real = weights > 0
    of_loss, of_metrics = _row_weights(sample_weights, own.balanced, class_weights)
    if of_loss is not None:
        gradients *= of_loss[..., tf.newaxis]
    gradient = tf.where(real[:, tf.newaxis], gradients / tf.reduce_sum(weights), 0.0)
    return Measures(gradient, _sums(quantities, real, of_loss, of_metrics))


def sums_only(
    rule: Rule,
    z: tf.Tensor,
    y: tf.Tensor,
    weights: tf.Tensor,
    sample_weights: tf.Tensor | None = None,
    own: LossSettings = NO_SETTINGS,
) -> tf.Tensor:
    """As `measure`, without a gradient: float32 [lanes, columns_of_sums(...)]. No class is weighted."""
    return _sums(_parts(rule, z, y, own).quantities, weights > 0, sample_weights, sample_weights)


def _row_weights(
    sample_weights: tf.Tensor | None, balanced: tf.Tensor | None, class_weights: tf.Tensor | None
) -> tuple[tf.Tensor | None, tf.Tensor | None]:
    """What the rows' losses and what their metrics are multiplied by, [rows] or [lanes, rows] each."""
    if class_weights is None or balanced is None:
        return sample_weights, sample_weights
    weights = tf.where(balanced[:, tf.newaxis], class_weights, 1.0)
    if sample_weights is None:
        return weights, None
    return weights * sample_weights, weights * sample_weights


def outputs_of(task: Task, z: tf.Tensor) -> tf.Tensor:
    """What Keras' `predict` gives: probabilities of classes, or numbers; float32 [lanes, rows, outputs].

    Args:
        task: the target's kind.
        z: float32 [lanes, rows, outputs], the output layer's pre-activations, with its bias.
    """
    return {"binary": tf.sigmoid, "multiclass": tf.nn.softmax, "regression": tf.identity}[task](z)


def metrics_of_sums(
    task: Task,
    sums: NDArray[np.floating],
    rows: int | NDArray[np.integer],
    target_scale: float | Sequence[float] = 1.0,
    *,
    weight: float | NDArray[np.float64] | None = None,
) -> Mapping[str, NDArray[np.float64]]:
    """An epoch's metrics, by the names that `tuner.models.metrics` has, and `loss`, which here is without penalties.

    Args:
        task: the target's kind.
        sums: [lanes, columns_of_sums(...)], of all rows.
        rows: how many those are, for all lanes or each, [lanes].
        target_scale: target units in one unit that the network is trained in, for all targets or each; a regression's
            metrics, though not its loss, are in target units, and of several targets the mean over these.
        weight: the sum of the rows' sample weights, for all lanes or each, over which the metrics, though not the loss,
            are means; None if all rows count alike.
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
    correct, log_loss = (others[0], others[1] if len(others) > 1 else loss)
    return {"loss": loss / rows, "log_loss": log_loss / over, "accuracy": correct / over}


def _sums(
    quantities: tuple[tf.Tensor, ...], real: tf.Tensor, of_loss: tf.Tensor | None, of_metrics: tf.Tensor | None
) -> tf.Tensor:
    """Sums over the real rows of several quantities, the loss first, side by side: [lanes, columns].

    Args:
        quantities: each row's.
        real: which rows count.
        of_loss, of_metrics: [rows] or [lanes, rows], by which the loss and all else are multiplied; None for nothing.
    """
    columns = []
    for index, quantity in enumerate(quantities):
        weights = of_loss if index == 0 else of_metrics
        # The errors of several targets are [lanes, rows, targets], all else is [lanes, rows].
        several = quantity.shape.rank == 3
        counts = real[:, tf.newaxis] if several else real
        if weights is not None:
            quantity *= weights[..., tf.newaxis] if several else weights
        total = tf.reduce_sum(tf.where(counts, quantity, 0.0), axis=1)
        columns.append(total if several else total[:, tf.newaxis])
    return tf.concat(columns, axis=1)


class _Parts(NamedTuple):
    """A loss' derivative in each row, [lanes, rows, outputs], and each of the columns of sums in it.

    These are [lanes, rows], but [lanes, rows, targets] for the errors of several targets.
    """

    gradients: tf.Tensor
    quantities: tuple[tf.Tensor, ...]


def _parts(rule: Rule, z: tf.Tensor, y: tf.Tensor, own: LossSettings) -> _Parts:
    if rule.task == "regression":
        several = y.shape.rank == 2
        error = z - (y if several else y[:, tf.newaxis])
        gradients, losses = _NUMBER_LOSSES[rule.loss](error, own)
        errors = error if several else error[..., 0]
        return _Parts(gradients, (losses, errors * errors, tf.abs(errors)))
    gradients, losses, correct, log_loss = _CLASS_LOSSES[rule.loss](z, y, own)
    return _Parts(gradients, (losses, correct, log_loss) if rule.own_log_loss else (losses, correct))


_CLASS_LOSSES: Mapping[str, Callable[[tf.Tensor, tf.Tensor, LossSettings], class_losses.ClassLoss]] = {
    "binary_crossentropy": class_losses.binary_crossentropy,
    "sparse_categorical_crossentropy": class_losses.sparse_categorical_crossentropy,
    "kl_divergence": class_losses.kl_divergence,
    "mean_squared_error": class_losses.mean_squared_error,
    "mean_absolute_error": class_losses.mean_absolute_error,
}
_NUMBER_LOSSES: Mapping[str, Callable[[tf.Tensor, LossSettings], number_losses.NumberLoss]] = {
    "mean_squared_error": number_losses.mean_squared_error,
    "mean_absolute_error": number_losses.mean_absolute_error,
    "huber": number_losses.huber,
}
"""Both by Keras' names; `tuner.study.losses` says which fits which task."""
