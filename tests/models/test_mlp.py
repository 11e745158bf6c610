from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from tuner.hyperparameters import Hyperparameters, Layers
from tuner.models import build_mlp
from tuner.study.metrics import Task


def mlp(layers: Layers, *, seed: int = 3, outputs: int = 3, task: Task = "multiclass") -> keras.Model:
    return build_mlp(Hyperparameters(layers=layers), features=5, outputs=outputs, task=task, seed=seed)


def test_it_has_as_many_hidden_layers_as_stated_and_as_wide() -> None:
    model = mlp(Layers(depth=3, width=7))
    assert [array.shape for array in model.get_weights()] == [(5, 7), (7,), (7, 7), (7,), (7, 7), (7,), (7, 3), (3,)]


@pytest.mark.parametrize(
    ("task", "outputs", "activation"),
    [("binary", 1, "sigmoid"), ("multiclass", 3, "softmax"), ("regression", 1, "linear")],
)
def test_the_output_is_what_the_target_asks_for(task: Task, outputs: int, activation: str) -> None:
    model = mlp(Layers(), outputs=outputs, task=task)
    assert model.output_shape == (None, outputs)
    assert model.layers[-1].activation.__name__ == activation


def test_the_same_seed_gives_the_same_weights_and_another_gives_others() -> None:
    first, again, other = (mlp(Layers(), seed=seed).get_weights() for seed in (3, 3, 4))
    for ours, theirs in zip(first, again, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert not np.array_equal(first[0], other[0])


def test_no_two_layers_start_with_the_same_weights() -> None:
    model = mlp(Layers(depth=2, width=5))
    first, _, second, *_ = model.get_weights()
    assert not np.array_equal(first, second)


def test_the_global_random_state_changes_nothing() -> None:
    keras.utils.set_random_seed(1)
    first = mlp(Layers()).get_weights()[0]
    keras.utils.set_random_seed(2)
    np.testing.assert_array_equal(mlp(Layers()).get_weights()[0], first)


def test_the_same_seed_gives_the_same_dropout() -> None:
    rows = np.ones((4, 5), np.float32)
    first, again = (mlp(Layers(dropout=0.5))(rows, training=True) for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_there_is_dropout_only_where_some_is_stated() -> None:
    def dropouts(layers: Layers) -> list[Any]:
        return [layer for layer in mlp(layers).layers if isinstance(layer, keras.layers.Dropout)]

    assert dropouts(Layers(depth=2)) == []
    assert [layer.rate for layer in dropouts(Layers(depth=2, dropout=0.25))] == [0.25, 0.25]


def test_penalties_are_on_the_hidden_weights_alone() -> None:
    model = mlp(Layers(depth=2, width=4, l1=0.5, l2=0.25))
    first, _, second, *_ = model.get_weights()
    expected = sum(0.5 * np.abs(kernel).sum() + 0.25 * np.square(kernel).sum() for kernel in (first, second))
    assert float(sum(model.losses)) == pytest.approx(expected, rel=1e-5)


def test_without_penalties_there_is_no_regularizer() -> None:
    assert mlp(Layers()).losses == []
