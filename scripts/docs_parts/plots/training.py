"""A picture of early stopping."""

from __future__ import annotations

import math

from matplotlib.figure import Figure

from scripts.docs_parts.plots.style import BLUE, INK, RED, panels
from tuner.hyperparameters import Hyperparameters
from tuner.training.course import Course
from tuner.training.job import DataOrder, Job

EPOCHS = 40


def early_stopping() -> Figure:
    """A metric that rests, gets better once more and then worse, and where two patiences end its trial."""
    figure, (panel,) = panels(1, 1, height=2.6)
    panel.set_title("the same trial with two patiences")
    metrics = [_metric(epoch) for epoch in range(EPOCHS)]
    panel.plot(metrics, color=INK, linewidth=1.0)
    for patience, color, above in ((4, RED, 0.08), (10, BLUE, 0.06)):
        last, best = _end(metrics, patience)
        panel.plot([last], [metrics[last]], color=color, marker="s", markersize=6)
        panel.plot([best], [metrics[best]], color=color, marker="o", markersize=6)
        panel.text(last, metrics[last] + above, f"patience {patience} ends", color=color, ha="center")
        panel.text(best, metrics[best] - 0.1, "its best epoch", color=color, ha="center")
    panel.set_ylim(0.2, 1.0)
    panel.set_xlabel("epoch")
    panel.set_ylabel("val_log_loss, made up")
    return figure


def _metric(epoch: int) -> float:
    rest = 0.03 * math.sin(math.pi * min(max(epoch - 8, 0), 8) / 8)
    late = 0.14 * (1 - math.exp(-max(epoch - 16, 0) / 3)) - 0.014 * max(epoch - 22, 0)
    return 0.5 + 0.5 * math.exp(-epoch / 2.5) + rest - late


def _end(metrics: list[float], patience: int) -> tuple[int, int]:
    """The last epoch of a trial, and its best one."""
    chosen = Hyperparameters.model_validate({"epochs": EPOCHS, "early_stopping": {"patience": patience}})
    course = Course(Job(0, chosen, 0, DataOrder(0, 0), "val_log_loss", "minimize"))
    while not course.over:
        course.begin_epoch()
        course.end_epoch({"loss": 0.0, "val_log_loss": metrics[course.epochs]})
    assert course.best_epoch is not None
    return course.epochs - 1, course.best_epoch
