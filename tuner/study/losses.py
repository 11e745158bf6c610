"""What training minimizes, by the loss that a study names and the kind of target."""

from __future__ import annotations

from collections.abc import Mapping

from tuner.errors import HyperparameterError, listed
from tuner.hyperparameters import Hyperparameters
from tuner.study.metrics import Task

CROSS_ENTROPY: Mapping[Task, str] = {
    "binary": "binary_crossentropy",
    "multiclass": "sparse_categorical_crossentropy",
}
"""Keras' name of the cross-entropy of class numbers."""

LOSSES: Mapping[Task, Mapping[str, str]] = {
    "binary": {
        "auto": CROSS_ENTROPY["binary"],
        "cross_entropy": CROSS_ENTROPY["binary"],
        "binary_cross_entropy": CROSS_ENTROPY["binary"],
        "mse": "mean_squared_error",
        "mae": "mean_absolute_error",
    },
    "multiclass": {
        "auto": CROSS_ENTROPY["multiclass"],
        "cross_entropy": CROSS_ENTROPY["multiclass"],
        # Of one-hot targets it has the same numbers.
        "categorical_cross_entropy": CROSS_ENTROPY["multiclass"],
        "sparse_categorical_cross_entropy": CROSS_ENTROPY["multiclass"],
        # Not for two classes: beside a single probability Keras sums over class 1 alone, and learns to say always 1.
        "kl_divergence": "kl_divergence",
        "mse": "mean_squared_error",
        "mae": "mean_absolute_error",
    },
    "regression": {
        "auto": "mean_squared_error",
        "mse": "mean_squared_error",
        "mae": "mean_absolute_error",
        "huber": "huber",
    },
}
"""Keras' name of each loss that a task can have, by the name that a study file uses."""

FOR_CLASSES = ("label_smoothing", "class_weights")
"""Settings that only a classification can have."""


def loss_of(loss: str, task: Task) -> str:
    """Keras' name of the loss, such as `binary_crossentropy`; it is applied to probabilities, not to logits.

    Raises:
        HyperparameterError: if the loss does not fit the kind of target.
    """
    fitting = LOSSES[task]
    if loss not in fitting:
        raise HyperparameterError(f"must be {listed(list(fitting))} for a {task} target, but is {loss}", "loss")
    return fitting[loss]


def check_loss(chosen: Hyperparameters, task: Task) -> None:
    """Whether a configuration's loss, and the settings beside it, fit the kind of target.

    Raises:
        HyperparameterError: if they do not.
    """
    loss_of(chosen.loss, task)
    if task == "regression":
        for name in FOR_CLASSES:
            if getattr(chosen, name) not in (0, "none"):
                raise HyperparameterError(f"is for classes, but the target is {task}", name)


def is_cross_entropy(loss: str) -> bool:
    """Whether a loss, by Keras' name, is the cross-entropy of its task."""
    return loss in CROSS_ENTROPY.values()
