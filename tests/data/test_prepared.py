from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from tuner.data.prepared import Prepared
from tuner.errors import DataError

X = np.zeros((4, 3), np.float32)
ONE = np.array([0.5, -1.0, 0.5, 0.0], np.float32)
TWO = np.stack([ONE, -ONE], 1)


def of_numbers(y: Any = ONE, **others: Any) -> Prepared:
    return Prepared("regression", X, y, X, y, **others)


def test_a_classification_has_an_output_for_each_of_several_classes_and_one_target() -> None:
    y = np.array([0, 1, 2, 0], np.int32)
    many = Prepared("multiclass", X, y, X, y, ("a", "b", "c"))
    two = Prepared("binary", X, y > 1, X, y > 1, ("a", "b"))
    assert [(each.features, each.targets, each.outputs) for each in (many, two)] == [(3, 1, 3), (3, 1, 1)]


def test_a_regression_has_an_output_for_each_target() -> None:
    assert [(each.targets, each.outputs) for each in (of_numbers(), of_numbers(TWO))] == [(1, 1), (2, 2)]


def test_targets_share_a_scale_or_have_one_each() -> None:
    assert of_numbers(target_scale=3.0).target_scales == (3.0,)
    assert of_numbers(TWO).target_scales == (1.0, 1.0)
    assert of_numbers(TWO, target_mean=(7.0, 8.0), target_scale=(3.0, 4.0)).target_scales == (3.0, 4.0)


@pytest.mark.parametrize("name", ["target_mean", "target_scale"])
@pytest.mark.parametrize(("y", "values"), [(ONE, (1.0,)), (TWO, (1.0,)), (TWO, (1.0, 2.0, 3.0))])
def test_as_many_scales_and_means_as_targets_are_asked_for(name: str, y: Any, values: tuple[float, ...]) -> None:
    with pytest.raises(DataError, match=f"{name} must be one number, or a tuple of one for each of several targets"):
        of_numbers(y, **{name: values})


def test_a_single_target_is_no_column_of_a_matrix() -> None:
    with pytest.raises(DataError, match=re.escape("y [rows], or y [rows, targets] for two or more numbers")):
        of_numbers(ONE[:, None])


def test_several_targets_are_for_numbers_only() -> None:
    y = np.zeros((4, 2), np.int32)
    with pytest.raises(DataError, match=re.escape("are x [4, 3] and y [4, 2]")):
        Prepared("binary", X, y, X, y, ("a", "b"))


def test_training_and_validation_rows_have_the_same_targets() -> None:
    with pytest.raises(DataError, match=re.escape("have y [4, 2], and those y [4]")):
        Prepared("regression", X, TWO, X, ONE)


def test_rows_may_have_weights_in_either_part() -> None:
    weights = np.array([0, 1, 0.25, 8], np.float32)
    assert of_numbers().weights_train is None
    data = of_numbers(weights_validation=weights)
    assert data.weights_train is None
    assert data.weights_validation is weights


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones(4), "must be float32 [4], one for each row, but are float64 [4]"),
        (np.ones(3, np.float32), "must be float32 [4], one for each row, but are float32 [3]"),
        (np.ones((4, 1), np.float32), "must be float32 [4], one for each row, but are float32 [4, 1]"),
        (np.array([1, 1, -2, 1], np.float32), "must be finite and 0 or more, but that of row 2 is -2.0"),
        (np.array([1, np.nan, np.inf, 1], np.float32), "that of row 1 is nan, and 1 more are not either"),
        (np.zeros(4, np.float32), "must be above 0 for at least one row, but are all 0"),
    ],
)
@pytest.mark.parametrize("part", ["train", "validation"])
def test_weights_that_cannot_be_are_refused(part: str, weights: Any, message: str) -> None:
    named = {"train": "training", "validation": "validation"}[part]
    with pytest.raises(DataError, match=re.escape(f"the {named} weights ") + ".*" + re.escape(message)):
        of_numbers(**{f"weights_{part}": weights})
