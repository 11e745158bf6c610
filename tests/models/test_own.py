"""Somebody's own model: built anew, from a seed, and held against its task."""

from __future__ import annotations

import random
from typing import Any

import keras
import numpy as np
import pytest

from tests.models.own_models import stacked, subclassed, two_branches
from tuner.errors import ModelError
from tuner.models.own import build_own
from tuner.study.metrics import Task
from tuner.study.own import own_model

ROWS = np.random.RandomState(1).normal(size=(20, 4)).astype(np.float32)
CHOSEN = own_model({"units": 6}).model_validate({"own": {"units": 6}})


def built(build: Any, *, task: Task = "multiclass", outputs: int = 3, seed: int = 1) -> keras.Model:
    return build_own(build, CHOSEN, ROWS, outputs=outputs, task=task, seed=seed)


def ending(outputs: int, activation: str = "linear", **settings: Any) -> Any:
    """A builder of one layer."""
    return lambda *_: keras.Sequential([keras.layers.Dense(outputs, activation=activation, **settings)])


@pytest.mark.parametrize("build", [two_branches(), subclassed, stacked])
def test_a_model_has_its_weights_from_the_seed(build):
    one, same, other = (built(build, seed=seed).get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(*pair) for pair in zip(one, same, strict=True))
    assert not all(np.array_equal(*pair) for pair in zip(one, other, strict=True))


def test_the_builder_gets_what_was_chosen_and_the_sizes():
    met: list[Any] = []

    def build(*given: Any) -> keras.Model:
        met.extend(given)
        return stacked(*given)

    built(build)
    assert (met[0].units, *met[1:]) == (6, 4, 3)


def test_random_numbers_of_the_caller_go_on_as_if_nothing_had_been():
    random.seed(4)
    np.random.seed(4)
    expected = random.random(), np.random.random()
    random.seed(4)
    np.random.seed(4)
    built(two_branches())
    assert (random.random(), np.random.random()) == expected


def test_trying_a_model_changes_nothing_in_it():
    """Neither the moving mean of a batch normalization nor the state of a dropout."""
    model = built(two_branches())
    [normalization] = [each for each in model.layers if isinstance(each, keras.layers.BatchNormalization)]
    assert not normalization.moving_mean.numpy().any()
    [state] = [each for each in model.non_trainable_variables if "seed" in each.path]
    assert state.numpy()[1] == 0


def raising(*_: Any) -> keras.Model:
    raise ZeroDivisionError("units and units")


TRAINED = keras.Sequential([keras.layers.Dense(3, activation="softmax")])
TRAINED.compile("sgd", "sparse_categorical_crossentropy")
TRAINED.fit(ROWS, np.zeros(20), verbose=0)

rows = keras.Input((4,))
TWO_OUTPUTS = keras.Model(rows, [keras.layers.Dense(3)(rows), keras.layers.Dense(1)(rows)])


@pytest.mark.parametrize(
    ("build", "told"),
    [
        (raising, "build raised ZeroDivisionError: units and units"),
        (lambda *_: None, "returned None; is a `return` missing?"),
        (lambda *_: keras.layers.Dense(3), "should return a keras.Model, but returned a Dense"),
        (lambda *_: TRAINED, "has been trained already; it should make a new one for each trial"),
        (lambda *_: TWO_OUTPUTS, "has 2 outputs, but should have one"),
        (ending(4, "softmax"), r"gives \[rows, 4\], but for a multiclass target should give \[rows, 3\]"),
        (ending(3), r"should give probabilities, .*softmax.* but gives numbers from"),
        (ending(3, "sigmoid"), r"probabilities with a sum of 1, .*softmax.* but their sums are from"),
        (
            lambda *_: keras.Sequential([keras.Input((9,)), keras.layers.Dense(3)]),
            r"cannot take float32 \[rows, 4\]: ",
        ),
        (ending(3, "softmax", trainable=False), "has no trainable weights"),
    ],
)
def test_what_is_no_model_for_the_task_is_told(build, told):
    with pytest.raises(ModelError, match=told):
        built(build)


def test_a_regression_may_give_any_numbers():
    assert built(ending(2), task="regression", outputs=2).output_shape == (None, 2)


def test_a_binary_task_wants_one_probability():
    built(ending(1, "sigmoid"), task="binary", outputs=1)
    with pytest.raises(ModelError, match=r"gives \[rows, 2\].*\[rows, 1\], such as by .*sigmoid"):
        built(ending(2, "softmax"), task="binary", outputs=1)
    with pytest.raises(ModelError, match="should give probabilities"):
        built(ending(1), task="binary", outputs=1)


def test_a_model_that_is_compiled_but_not_trained_is_compiled_anew_with_a_warning(caplog):
    def build(*given: Any) -> keras.Model:
        model = stacked(*given)
        model.compile("sgd", "mse")
        return model

    built(build)
    assert "is compiled anew with the optimizer and the loss of the space" in caplog.text
