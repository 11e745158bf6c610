"""The metrics that a search can watch, and for which tasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Task = Literal["binary", "multiclass", "regression"]
"""What kind of target a table has."""

Direction = Literal["minimize", "maximize"]


@dataclass(frozen=True)
class Metric:
    """A figure measured on the validation rows after each epoch, without penalties and without dropout.

    Attributes:
        direction: which way is better.
        tasks: the tasks that have it.
        description: one sentence, with the unit.
    """

    direction: Direction
    tasks: tuple[Task, ...]
    description: str


METRICS: Mapping[str, Metric] = {
    "val_log_loss": Metric("minimize", ("binary", "multiclass"), "Mean cross-entropy in nats, without penalties."),
    "val_accuracy": Metric("maximize", ("binary", "multiclass"), "Share of rows whose class is predicted."),
    "val_rmse": Metric(
        "minimize",
        ("regression",),
        "Root of the mean squared error, in the target's own unit; the mean over several targets.",
    ),
    "val_mae": Metric(
        "minimize", ("regression",), "Mean absolute error, in the target's own unit; the mean over several targets."
    ),
}
"""Every metric by the name that a study file uses. `val_loss` is none of them: it contains the L1 and L2 penalties."""

DEFAULT_METRICS: Mapping[Task, str] = {
    "binary": "val_log_loss",
    "multiclass": "val_log_loss",
    "regression": "val_rmse",
}


def metrics_of(task: Task) -> tuple[str, ...]:
    """The names of the metrics that a task has."""
    return tuple(name for name, metric in METRICS.items() if task in metric.tasks)
