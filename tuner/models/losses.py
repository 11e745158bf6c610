"""The Keras loss of a configuration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from tuner.hyperparameters import Hyperparameters
from tuner.study.losses import LOSSES, check_loss, is_cross_entropy, loss_of
from tuner.study.metrics import Task

__all__ = ["LOSSES", "build_loss", "loss_of", "ordinary_loss"]


def build_loss(chosen: Hyperparameters, task: Task) -> Any:
    """What to compile a model with, for training on class numbers or on numbers: a name, a `Loss` or a function.

    Raises:
        HyperparameterError: if the loss, or a setting beside it, does not fit the kind of target.
    """
    check_loss(chosen, task)
    loss = loss_of(chosen.loss, task)
    if loss == "huber":
        return _huber(chosen.huber_delta)
    if task == "regression":
        return loss
    if is_cross_entropy(loss):
        if not chosen.label_smoothing:
            return loss
        if task == "binary":
            return keras.losses.BinaryCrossentropy(label_smoothing=chosen.label_smoothing)
        return _of_class_numbers(keras.losses.CategoricalCrossentropy(label_smoothing=chosen.label_smoothing))
    return _of_class_numbers(keras.losses.get(loss)) if task == "multiclass" else loss


def ordinary_loss(chosen: Hyperparameters, task: Task) -> Any:
    """What to compile a trained model with, so that it can be saved, and loaded by Keras alone.

    It is the loss of the training where Keras has that for class numbers, else their cross-entropy: Keras' own losses
    of several classes want one-hot targets, which the metrics beside them do not take.
    """
    loss = build_loss(chosen, task)
    return loss if isinstance(loss, (str, keras.losses.Loss)) else loss_of("auto", task)


def _huber(delta: float) -> keras.losses.Huber:
    """Keras' own, with its delta in its configuration: Keras 3.15 leaves it out, and loads a saved model without it."""
    loss = keras.losses.Huber(delta=delta)
    stated = loss.get_config()
    loss.get_config = lambda: {**stated, "delta": delta}
    return loss


def _of_class_numbers(loss: Any) -> Callable[[Any, Any], Any]:
    """One of Keras' losses of one-hot targets, for class numbers: [rows] or [rows, 1] of them, [rows, classes].

    Args:
        loss: a `Loss`, or a function of the targets and the probabilities.
    """
    function = loss.call if isinstance(loss, keras.losses.Loss) else loss

    def of_class_numbers(classes: Any, probabilities: Any) -> Any:
        numbers = keras.ops.cast(keras.ops.reshape(classes, (-1,)), "int32")
        # The very tensor of the probabilities: by it Keras finds the logits.
        return function(keras.ops.one_hot(numbers, probabilities.shape[-1]), probabilities)

    return of_class_numbers
