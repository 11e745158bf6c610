from __future__ import annotations

import numpy as np
import pytest

from tuner.data.measurable import check_measurable, why_not_measurable
from tuner.data.prepared import Prepared
from tuner.errors import DataError
from tuner.study.metrics import METRICS, Task

NAMES = ("red", "green", "blue", "black", "white")


def validated_on(task: Task, y: list[float], weights: list[float] | None = None, classes: int = 0) -> Prepared:
    target = np.array(y, np.float32 if task == "regression" else np.int32)
    counts = None if weights is None else np.array(weights, np.float32)
    x = np.zeros((len(y), 2), np.float32)
    return Prepared(task, x, target, x, target, NAMES[:classes], weights_validation=counts)


AREAS = pytest.mark.parametrize("metric", ["val_roc_auc", "val_pr_auc"])


@AREAS
def test_an_area_wants_a_row_of_every_class(metric: str) -> None:
    assert why_not_measurable(metric, validated_on("multiclass", [2, 0, 1], classes=3)) is None
    without = validated_on("multiclass", [1, 1], classes=3)
    assert why_not_measurable(metric, without) == 'no validation row is of class "red" or "blue"'
    few = validated_on("multiclass", [1], classes=5)
    assert why_not_measurable(metric, few) == 'no validation row is of class "red", "blue", "black" or 1 more'


@AREAS
@pytest.mark.parametrize("present", [0, 1])
def test_an_area_of_two_classes_wants_rows_of_both(metric: str, present: int) -> None:
    absent = validated_on("binary", [present, present], classes=2)
    assert why_not_measurable(metric, absent) == f'no validation row is of class "{NAMES[1 - present]}"'


def test_rows_of_weight_0_are_as_good_as_none() -> None:
    weightless = validated_on("binary", [0, 1, 0], [1, 0, 1], classes=2)
    with pytest.raises(DataError, match='val_pr_auc cannot be measured: no validation row is of class "green"'):
        check_measurable("val_pr_auc", weightless)
    same = validated_on("regression", [2.0, 2.0, 3.0], [1, 1, 0])
    assert why_not_measurable("val_r2", same) == "all validation rows have the same target"
    assert why_not_measurable("val_r2", validated_on("regression", [2.0, 2.0, 3.0])) is None


def test_r2_wants_two_numbers_of_each_target() -> None:
    y = np.array([[1.0, 2.0], [3.0, 2.0]], np.float32)
    x = np.zeros((2, 2), np.float32)
    assert why_not_measurable("val_r2", Prepared("regression", x, y, x, y)) is not None
    assert why_not_measurable("val_r2", validated_on("regression", [1.0])) is not None


@pytest.mark.parametrize("metric", [name for name, each in METRICS.items() if "multiclass" in each.tasks])
def test_other_metrics_of_classes_are_defined_for_any_rows(metric: str) -> None:
    if METRICS[metric].needs != "ranks":
        check_measurable(metric, validated_on("multiclass", [1], classes=3))
