"""The metrics that a search can watch, and for which tasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Task = Literal["binary", "multiclass", "regression"]
"""What kind of target a table has."""

Direction = Literal["minimize", "maximize"]

Needs = Literal["sums", "outputs", "ranks"]
"""What a metric is made of: sums over the rows, which every epoch has, the outputs for all rows, or their order."""


@dataclass(frozen=True)
class Metric:
    """A figure measured on the validation rows after each epoch, without penalties and without dropout.

    Attributes:
        direction: which way is better.
        tasks: the tasks that have it.
        description: one sentence, with the unit.
        needs: what it is made of, which decides whether it is measured beside another one.
    """

    direction: Direction
    tasks: tuple[Task, ...]
    description: str
    needs: Needs = "sums"


METRICS: Mapping[str, Metric] = {
    "val_log_loss": Metric("minimize", ("binary", "multiclass"), "Mean cross-entropy in nats, without penalties."),
    "val_accuracy": Metric("maximize", ("binary", "multiclass"), "Share of rows whose class is predicted."),
    "val_balanced_accuracy": Metric(
        "maximize",
        ("binary", "multiclass"),
        "Mean over the classes of the share of their rows that is recognised.",
        "outputs",
    ),
    "val_macro_f1": Metric(
        "maximize",
        ("binary", "multiclass"),
        "Mean over the classes of each one's F1, the harmonic mean of precision and recall.",
        "outputs",
    ),
    "val_roc_auc": Metric(
        "maximize",
        ("binary", "multiclass"),
        "Area under the ROC curve of the second of two classes; of more the mean over each against the rest.",
        "ranks",
    ),
    "val_pr_auc": Metric(
        "maximize",
        ("binary", "multiclass"),
        "Average precision of the second of two classes; of more the mean over each against the rest.",
        "ranks",
    ),
    "val_rmse": Metric(
        "minimize",
        ("regression",),
        "Root of the mean squared error, in the target's own unit; the mean over several targets.",
    ),
    "val_mae": Metric(
        "minimize", ("regression",), "Mean absolute error, in the target's own unit; the mean over several targets."
    ),
    "val_r2": Metric(
        "maximize",
        ("regression",),
        "Share of the target's variance that is explained, at most 1; the mean over several targets.",
        "outputs",
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


def measured_beside(metric: str, task: Task) -> tuple[str, ...]:
    """The metrics that a trainer makes of the outputs for the validation rows if a search goes by a metric.

    None if that is a sum over the rows, so that a plain search costs nothing more; else all of the task that need no
    more than it does: what wants a sort is measured only where something is that wants one, too.

    Returns:
        Their names, without `val_`.

    >>> measured_beside("val_log_loss", "binary"), measured_beside("val_macro_f1", "binary")
    ((), ('balanced_accuracy', 'macro_f1'))
    """
    if METRICS[metric].needs == "sums":
        return ()
    covered = ("outputs", METRICS[metric].needs)
    return tuple(name.removeprefix("val_") for name in metrics_of(task) if METRICS[name].needs in covered)
