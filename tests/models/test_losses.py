from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from tuner.errors import HyperparameterError
from tuner.hyperparameters import Hyperparameters
from tuner.models import build_loss, loss_of, ordinary_loss
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
        ("huber", "regression", "huber"),
        ("binary_cross_entropy", "binary", "binary_crossentropy"),
        ("mse", "binary", "mean_squared_error"),
        ("categorical_cross_entropy", "multiclass", "sparse_categorical_crossentropy"),
        ("sparse_categorical_cross_entropy", "multiclass", "sparse_categorical_crossentropy"),
        ("kl_divergence", "multiclass", "kl_divergence"),
        ("mae", "multiclass", "mean_absolute_error"),
    ],
)
def test_each_loss_has_its_name_in_keras(loss: str, task: Task, name: str) -> None:
    assert loss_of(loss, task) == name


@pytest.mark.parametrize(
    ("loss", "task"),
    [
        ("huber", "binary"),
        ("huber", "multiclass"),
        ("kl_divergence", "binary"),
        ("categorical_cross_entropy", "binary"),
        ("binary_cross_entropy", "multiclass"),
        ("cross_entropy", "regression"),
        ("kl_divergence", "regression"),
    ],
)
def test_a_loss_that_does_not_fit_the_target_is_named(loss: str, task: Task) -> None:
    with pytest.raises(HyperparameterError, match=f"loss must be .* for a {task} target, but is {loss}"):
        loss_of(loss, task)


@pytest.mark.parametrize("stated", [{"label_smoothing": 0.1}, {"class_weights": "balanced"}], ids=str)
def test_what_is_for_classes_is_refused_beside_a_number(stated: dict[str, Any]) -> None:
    (name,) = stated
    with pytest.raises(HyperparameterError, match=f"{name} is for classes, but the target is regression"):
        build_loss(Hyperparameters.model_validate(stated), "regression")


@pytest.mark.parametrize(
    ("stated", "reference"),
    [
        ({"loss": "kl_divergence"}, keras.losses.KLDivergence()),
        ({"loss": "mse"}, keras.losses.MeanSquaredError()),
        ({"loss": "mae"}, keras.losses.MeanAbsoluteError()),
        ({"label_smoothing": 0.3}, keras.losses.CategoricalCrossentropy(label_smoothing=0.3)),
    ],
    ids=["kl_divergence", "mse", "mae", "label_smoothing"],
)
@pytest.mark.parametrize("columns", [0, 1])
def test_losses_of_several_classes_take_class_numbers(
    stated: dict[str, Any], reference: keras.losses.Loss, columns: int
) -> None:
    draw = np.random.default_rng(1)
    y, p = draw.integers(0, 3, 9), draw.dirichlet(np.ones(3), 9).astype(np.float32)
    loss = keras.losses.get(build_loss(Hyperparameters.model_validate(stated), "multiclass"))
    found = keras.ops.mean(loss(y.reshape(-1, *[1] * columns), p))
    assert float(found) == pytest.approx(float(reference(np.eye(3, dtype=np.float32)[y], p)), rel=1e-6)


@pytest.mark.parametrize(
    ("stated", "task"),
    [
        ({"loss": "huber", "huber_delta": 0.3}, "regression"),
        ({"label_smoothing": 0.3}, "binary"),
        ({"label_smoothing": 0.3}, "multiclass"),
        ({"loss": "kl_divergence"}, "multiclass"),
        ({"loss": "mae"}, "binary"),
    ],
)
def test_a_trained_model_is_compiled_with_a_loss_of_keras_itself(stated: dict[str, Any], task: Task) -> None:
    chosen = Hyperparameters.model_validate(stated)
    loss = ordinary_loss(chosen, task)
    if isinstance(loss, str):
        assert loss == ("mean_absolute_error" if stated == {"loss": "mae"} else "sparse_categorical_crossentropy")
    else:
        assert type(loss).__module__.startswith("keras.")
        assert 0.3 in loss.get_config().values()
