"""What training minimizes, by the loss that a study names and the kind of target."""

from __future__ import annotations

from collections.abc import Mapping

from tuner.errors import HyperparameterError, listed
from tuner.study.metrics import Task

LOSSES: Mapping[Task, Mapping[str, str]] = {
    "binary": {"auto": "binary_crossentropy", "cross_entropy": "binary_crossentropy"},
    "multiclass": {"auto": "sparse_categorical_crossentropy", "cross_entropy": "sparse_categorical_crossentropy"},
    "regression": {"auto": "mean_squared_error", "mse": "mean_squared_error", "mae": "mean_absolute_error"},
}
"""Keras' name of each loss that a task can have, by the name that a study file uses."""


def loss_of(loss: str, task: Task) -> str:
    """Keras' name of the loss, such as `binary_crossentropy`; it is applied to probabilities, not to logits.

    Raises:
        HyperparameterError: if the loss does not fit the kind of target.
    """
    fitting = LOSSES[task]
    if loss not in fitting:
        raise HyperparameterError(f"must be {listed(list(fitting))} for a {task} target, but is {loss}", "loss")
    return fitting[loss]
