"""Arrays at hand, as training gets to see them."""

from __future__ import annotations

import numpy as np
import pytest

from tuner.data.given import prepared_of
from tuner.errors import DataError

X = np.arange(12, dtype=np.float64).reshape(6, 2)


def given(y, y_validation=None, **settings):
    return prepared_of(X, np.asarray(y), X[:2], np.asarray(y if y_validation is None else y_validation)[:2], **settings)


def test_labels_are_numbered_in_their_order():
    data = given(["b", "a", "c", "a", "b", "c"])
    assert (data.task, data.classes, data.outputs) == ("multiclass", ("a", "b", "c"), 3)
    assert data.y_train.tolist() == [1, 0, 2, 0, 1, 2]
    assert data.x_train.dtype == np.float32


def test_two_classes_are_binary():
    data = given([True, False, True, True, False, False])
    assert (data.task, data.classes, data.outputs) == ("binary", ("False", "True"), 1)
    assert data.y_train.tolist() == [1, 0, 1, 1, 0, 0]


def test_labels_of_python_objects_will_do():
    assert given(np.array(["x", "y", "x", "y", "x", "y"], dtype=object)).classes == ("x", "y")


def test_a_regressions_target_is_scaled_over_the_training_rows():
    y = np.array([1.5, 2, 3, 4, 5, 9])
    data = given(y, y + 100)
    assert data.task == "regression"
    assert (data.target_mean, data.target_scale) == (pytest.approx(y.mean()), pytest.approx(y.std()))
    assert data.y_train * data.target_scale + data.target_mean == pytest.approx(y)
    assert data.y_validation * data.target_scale + data.target_mean == pytest.approx(y[:2] + 100)


def test_several_targets_are_scaled_each_by_itself():
    y = np.stack([np.arange(6), 10.0 * np.arange(6)], axis=1)
    data = given(y)
    assert (data.task, data.targets) == ("regression", 2)
    assert data.target_scale == (pytest.approx(y[:, 0].std()), pytest.approx(y[:, 1].std()))


def test_a_stated_task_holds():
    assert given([0, 1, 2, 3, 4, 5]).task == "multiclass"
    assert given([0, 1, 2, 3, 4, 5], task="regression").task == "regression"


def test_a_column_of_targets_is_a_target():
    assert given(np.array([[0], [1], [0], [1], [0], [1]])).y_train.shape == (6,)


def test_a_class_that_only_validation_rows_have_is_a_class():
    assert given([0, 1, 0, 1, 0, 1], [2, 0]).classes == ("0", "1", "2")


@pytest.mark.parametrize(
    ("x", "y", "settings", "told"),
    [
        (X.reshape(3, 2, 2), [0, 1, 0], {}, r"x_train is of shape \[3, 2, 2\].*keras.layers.Reshape"),
        (X * np.nan, [0, 1, 0, 1, 0, 1], {}, "x_train holds numbers that are not finite"),
        (X.astype(str), [0, 1, 0, 1, 0, 1], {}, "x_train is of type .*should hold numbers"),
        (X, [0.5, np.nan, 1, 2, 3, 4], {}, "y_train holds numbers that are not finite"),
        (X, [1, 1, 1, 1, 1, 1], {}, "y has 1 classes"),
        (X, [0, 1, 2, 0, 1, 2], {"task": "binary"}, "y has 3 classes, but the task is binary"),
        (X, ["a", "b", "c", "d", "e", "f"], {"task": "regression"}, "a regression needs numbers"),
        (X, [2.5] * 6, {"task": "regression"}, "the same in all rows"),
        (X, [0, 1, 0], {}, "training rows must be x"),
    ],
)
def test_what_cannot_be_used_is_told(x, y, settings, told):
    with pytest.raises(DataError, match=told):
        prepared_of(x, y, X[:2], y[:2], **settings)


def test_other_rows_have_another_fingerprint():
    one, same, other = given([0, 1, 0, 1, 0, 1]), given([0, 1, 0, 1, 0, 1]), given([0, 1, 0, 1, 1, 1])
    assert one.fingerprint == same.fingerprint != other.fingerprint
