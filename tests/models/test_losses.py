from __future__ import annotations

import pytest

from tuner.errors import HyperparameterError
from tuner.models import loss_of
from tuner.study.metrics import Task


@pytest.mark.parametrize(
    ("loss", "task", "name"),
    [
        ("auto", "binary", "binary_crossentropy"),
        ("cross_entropy", "binary", "binary_crossentropy"),
        ("auto", "multiclass", "sparse_categorical_crossentropy"),
        ("cross_entropy", "multiclass", "sparse_categorical_crossentropy"),
        ("auto", "regression", "mean_squared_error"),
        ("mse", "regression", "mean_squared_error"),
        ("mae", "regression", "mean_absolute_error"),
    ],
)
def test_each_loss_has_its_name_in_keras(loss: str, task: Task, name: str) -> None:
    assert loss_of(loss, task) == name


@pytest.mark.parametrize(("loss", "task"), [("mse", "binary"), ("mae", "multiclass"), ("cross_entropy", "regression")])
def test_a_loss_that_does_not_fit_the_target_is_named(loss: str, task: Task) -> None:
    with pytest.raises(HyperparameterError, match=f"loss must be .* for a {task} target, but is {loss}"):
        loss_of(loss, task)
