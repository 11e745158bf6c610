from __future__ import annotations

import typing

import numpy as np
import pytest

from tuner.models import metrics_for
from tuner.models.output_metrics import output_metrics
from tuner.study.metrics import METRICS, Task, measured_beside, metrics_of


@pytest.mark.parametrize("task", typing.get_args(Task))
def test_everything_that_a_search_can_watch_is_measured(task: Task) -> None:
    summed = {f"val_{metric.name}" for metric in metrics_for(task)}
    assert summed == {name for name in metrics_of(task) if METRICS[name].needs == "sums"}
    y = np.array([0, 1, 2, 1] if task == "multiclass" else [0, 1, 1, 0])
    outputs = np.eye(3)[[0, 1, 2, 2]][None] if task == "multiclass" else np.array([[[0.1], [0.7], [0.4], [0.2]]])
    for name in set(metrics_of(task)) - summed:
        beside = measured_beside(name, task)
        assert name.removeprefix("val_") in beside
        found = output_metrics(beside, task, outputs, y)
        assert found.keys() == set(beside)
        assert all(0 < value < 1 for (value,) in found.values() if value != 1)
