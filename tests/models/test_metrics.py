from __future__ import annotations

import typing

import pytest

from tuner.models import metrics_for
from tuner.study.metrics import Task, metrics_of


@pytest.mark.parametrize("task", typing.get_args(Task))
def test_everything_that_a_search_can_watch_is_measured(task: Task) -> None:
    assert {f"val_{metric.name}" for metric in metrics_for(task)} == set(metrics_of(task))
