"""Our optimizers against Keras' own, step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tuner.errors import HyperparameterError
from tuner.hyperparameters import OPTIMIZERS, OPTIMIZERS_WITH_MOMENTUM, OptimizerSettings
from tuner.models import build_optimizer, momentum_of, ordinary_optimizer, set_momentum

STEPS = 100

SAME: Sequence[tuple[OptimizerSettings, Callable[[], Any]]] = [
    (OPTIMIZERS["sgd"](learning_rate=0.05), lambda: keras.optimizers.SGD(0.05)),
    (OPTIMIZERS["sgd"](learning_rate=0.05, momentum=0.9), lambda: keras.optimizers.SGD(0.05, momentum=0.9)),
    (
        OPTIMIZERS["sgd"](learning_rate=0.05, momentum=0.9, nesterov=True),
        lambda: keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    ),
    (OPTIMIZERS["rmsprop"](learning_rate=0.01, rho=0.8), lambda: keras.optimizers.RMSprop(0.01, rho=0.8)),
    (OPTIMIZERS["rmsprop"](momentum=0.5), lambda: keras.optimizers.RMSprop(0.001, momentum=0.5)),
    (OPTIMIZERS["adam"](learning_rate=0.01, epsilon=1e-5), lambda: keras.optimizers.Adam(0.01, epsilon=1e-5)),
    (OPTIMIZERS["adam"](beta_1=0.5, beta_2=0.9), lambda: keras.optimizers.Adam(0.001, beta_1=0.5, beta_2=0.9)),
    (OPTIMIZERS["nadam"](learning_rate=0.01), lambda: keras.optimizers.Nadam(0.01)),
    (OPTIMIZERS["adamax"](learning_rate=0.01), lambda: keras.optimizers.Adamax(0.01)),
    (OPTIMIZERS["adamw"](weight_decay=0.1), lambda: keras.optimizers.AdamW(0.001, weight_decay=0.1)),
    (
        OPTIMIZERS["adagrad"](learning_rate=0.1, initial_accumulator=0.2),
        lambda: keras.optimizers.Adagrad(0.1, initial_accumulator_value=0.2),
    ),
    (OPTIMIZERS["adadelta"](rho=0.9), lambda: keras.optimizers.Adadelta(1.0, rho=0.9)),
]


def walk(
    optimizer: Any, *, before: Callable[[int], None] = lambda step: None, compiled: bool = False
) -> list[np.ndarray[Any, Any]]:
    """Where two weight arrays are after a hundred steps on the same noisy slopes."""
    draw = np.random.RandomState(0)
    variables = [keras.Variable(draw.normal(size=shape), dtype="float32") for shape in ((3, 2), (2,))]
    optimizer.build(variables)

    def step(first: Any, second: Any) -> None:
        optimizer.apply([variables[0] + first, variables[1] + second], variables)

    # Traced once, as in a training: what is baked in then can no longer be changed.
    taken = tf.function(step) if compiled else step
    for index in range(STEPS):
        before(index)
        taken(*(tf.constant(draw.normal(size=variable.shape), tf.float32) for variable in variables))
    return [variable.numpy() for variable in variables]


@pytest.mark.parametrize(("settings", "stock"), SAME, ids=[str(settings) for settings, _ in SAME])
def test_a_hundred_steps_are_those_of_keras_own_optimizer(
    settings: OptimizerSettings, stock: Callable[[], Any]
) -> None:
    # 1 - beta_1 is taken in single precision where Keras takes it in double: about 1e-7 a step.
    for ours, theirs in zip(walk(build_optimizer(settings), compiled=True), walk(stock()), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def test_all_eight_kinds_are_compared() -> None:
    assert {settings.kind for settings, _ in SAME} == set(OPTIMIZERS)


@pytest.mark.parametrize("kind", OPTIMIZERS_WITH_MOMENTUM)
def test_a_changed_momentum_acts_as_in_an_eager_loop_with_keras_own_optimizer(kind: str) -> None:
    settings = OPTIMIZERS[kind](learning_rate=0.01)
    name = settings.momentum_setting
    assert name is not None
    momenta = [0.2 + 0.7 * index / STEPS for index in range(STEPS)]
    driven = build_optimizer(settings, momenta[0])
    stock = ordinary_class(kind)(learning_rate=0.01, **{name: momenta[0]})

    ours = walk(driven, before=lambda index: set_momentum(driven, momenta[index]), compiled=True)
    theirs = walk(stock, before=lambda index: setattr(stock, name, momenta[index]))
    unchanged = walk(build_optimizer(settings, momenta[0]), compiled=True)
    for mine, reference, other in zip(ours, theirs, unchanged, strict=True):
        np.testing.assert_allclose(mine, reference, rtol=1e-5, atol=1e-6)
        assert np.abs(mine - other).max() > 1e-4


@pytest.mark.parametrize("kind", ["sgd", "rmsprop"])
def test_a_momentum_can_rise_from_nothing(kind: str) -> None:
    optimizer = build_optimizer(OPTIMIZERS[kind](learning_rate=0.01), 0.0)
    risen = walk(optimizer, before=lambda index: set_momentum(optimizer, 0.9 * (index >= 50)), compiled=True)
    plain = walk(build_optimizer(OPTIMIZERS[kind](learning_rate=0.01)), compiled=True)
    assert np.abs(risen[0] - plain[0]).max() > 1e-3


def ordinary_class(kind: str) -> Any:
    names = {"sgd": "SGD", "rmsprop": "RMSprop", "adamw": "AdamW"}
    return getattr(keras.optimizers, names.get(kind, kind.capitalize()))


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_the_ordinary_optimizer_is_keras_own_and_goes_on_from_the_same_state(kind: str) -> None:
    draw = np.random.RandomState(1)
    settings = OPTIMIZERS[kind](learning_rate=0.01)
    optimizer = build_optimizer(settings, 0.7 if settings.momentum_setting else None)
    ours = [keras.Variable(draw.normal(size=(3, 2)), dtype="float32")]
    optimizer.build(ours)
    for _ in range(3):
        optimizer.apply([ours[0] + 1.0])
    ordinary = ordinary_optimizer(optimizer)
    assert type(ordinary) is ordinary_class(kind)
    theirs = ours[0].numpy()
    optimizer.apply([ours[0] + 1.0])
    moved = ours[0].numpy()
    ours[0].assign(theirs)
    ordinary.apply([ours[0] + 1.0])
    np.testing.assert_allclose(ours[0].numpy(), moved, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_the_configuration_is_plain_and_says_the_present_momentum(kind: str) -> None:
    settings = OPTIMIZERS[kind]()
    optimizer = build_optimizer(settings)
    if settings.momentum_setting:
        set_momentum(optimizer, 0.25)
        assert momentum_of(optimizer) == 0.25
        assert optimizer.get_config()[settings.momentum_setting] == 0.25
    else:
        assert momentum_of(optimizer) is None
    plain = (bool, int, float, str, type(None))
    assert all(isinstance(value, plain) for value in optimizer.get_config().values())


def test_a_momentum_is_refused_by_an_optimizer_that_has_none() -> None:
    with pytest.raises(HyperparameterError, match="which adagrad has not"):
        build_optimizer(OPTIMIZERS["adagrad"](), 0.5)


def test_whole_numbers_are_fine() -> None:
    assert momentum_of(build_optimizer(OPTIMIZERS["sgd"](learning_rate=1, momentum=0))) == 0.0


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_with_the_variables_of_another_one_an_optimizer_takes_its_very_steps(kind: str) -> None:
    def built() -> tuple[Any, keras.Variable]:
        weights = keras.Variable(np.full((2, 3), 0.5), dtype="float32")
        optimizer = build_optimizer(OPTIMIZERS[kind](learning_rate=0.05))
        optimizer.build([weights])
        return optimizer, weights

    (ours, ahead), (theirs, behind) = built(), built()
    slopes = [np.random.RandomState(step).normal(size=(2, 3)).astype(np.float32) for step in range(4)]
    for slope in slopes[:2]:
        ours.apply([keras.ops.convert_to_tensor(slope)], [ahead])
    behind.assign(ahead)
    for to, of in zip(theirs.variables, ours.variables, strict=True):
        to.assign(of)
    for slope in slopes[2:]:
        ours.apply([keras.ops.convert_to_tensor(slope)], [ahead])
        theirs.apply([keras.ops.convert_to_tensor(slope)], [behind])
    np.testing.assert_array_equal(ahead.numpy(), behind.numpy())
