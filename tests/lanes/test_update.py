"""The common update rule against Keras' own optimizers, with lanes of all optimizers in one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from keras import Variable

from tuner.hyperparameters import OPTIMIZERS, OptimizerSettings
from tuner.lanes.coefficients import FRESH, IDLE, FloatArray, initial_slots, step_coefficients
from tuner.lanes.update import update
from tuner.models import build_optimizer, set_momentum

# Gradients are of size 1, against which a default epsilon of 1e-7 does not show: hence the larger ones.
LANES: Sequence[OptimizerSettings] = [
    OPTIMIZERS["sgd"](),
    OPTIMIZERS["sgd"](momentum=0.9),
    OPTIMIZERS["sgd"](momentum=0.9, nesterov=True),
    OPTIMIZERS["sgd"](nesterov=True),
    OPTIMIZERS["rmsprop"](),
    OPTIMIZERS["rmsprop"](momentum=0.5, rho=0.8, epsilon=0.05),
    OPTIMIZERS["adam"](),
    OPTIMIZERS["adam"](beta_1=0.5, beta_2=0.9, epsilon=0.05),
    OPTIMIZERS["adam"](beta_1=0.0, beta_2=0.0, epsilon=0.05),
    OPTIMIZERS["adam"](beta_1=0.99, beta_2=0.9999),
    OPTIMIZERS["nadam"](),
    OPTIMIZERS["nadam"](beta_1=0.8, beta_2=0.99, epsilon=0.05),
    OPTIMIZERS["adamax"](),
    OPTIMIZERS["adamax"](beta_2=0.8, epsilon=0.05),
    OPTIMIZERS["adamw"](),
    OPTIMIZERS["adamw"](weight_decay=0.5, epsilon=0.05),
    OPTIMIZERS["adagrad"](learning_rate=0.1),
    OPTIMIZERS["adagrad"](initial_accumulator=0),
    OPTIMIZERS["adagrad"](initial_accumulator=3.0, epsilon=0.05),
    OPTIMIZERS["adadelta"](),
    OPTIMIZERS["adadelta"](rho=0.8, learning_rate=0.3, epsilon=0.05),
]
NAMES = [str(settings) for settings in LANES]
EPOCHS, STEPS = 5, 20
SHAPE = (7, 3)

TOLERANCE = 5e-6
"""Allowed deviation of a lane, as a share of how far its weights have moved.

A step rounds weights of size 0.1 by about 2e-9, the slots and coefficients by 3e-8 of themselves. In 100 steps the
former becomes 2e-8, like a random walk, and the slowest lane moves by 4e-3. Measured: at most 2.3e-6. A coefficient
that is wrong by 3e-4 of itself breaks the tolerance.
"""


def rate_of(settings: OptimizerSettings, epoch: int, *, driven: bool) -> float:
    return settings.learning_rate * (1 - 0.15 * epoch) if driven else settings.learning_rate


def momentum_of(settings: OptimizerSettings, epoch: int, *, driven: bool) -> float | None:
    return 0.5 + 0.09 * epoch if driven and settings.momentum_setting else None


def starts() -> FloatArray:
    return np.random.default_rng(0).normal(0, 0.03, (len(LANES), *SHAPE)).astype(np.float32)


def gradients() -> FloatArray:
    """float32 [epochs, steps, lanes, rows, columns], of sizes that differ from step to step."""
    draw = np.random.default_rng(1)
    sizes = np.exp(draw.normal(size=(EPOCHS, STEPS, len(LANES), 1, 1)))
    return (sizes * draw.normal(size=(EPOCHS, STEPS, len(LANES), *SHAPE))).astype(np.float32)


def slots_of(lanes: Sequence[OptimizerSettings], shape: tuple[int, int]) -> tuple[FloatArray, FloatArray]:
    start = np.array([initial_slots(settings) for settings in lanes], np.float32)
    first, second = (np.broadcast_to(start[:, slot, None, None], (len(lanes), *shape)) for slot in (0, 1))
    return first, second


@cache
def compiled(*, jit: bool) -> Callable[..., Any]:
    return tf.function(update, jit_compile=jit, reduce_retracing=True)


@cache
def in_lanes(*, driven: bool, jit: bool) -> FloatArray:
    """Where the weights are after all epochs, all lanes in one call."""
    weights: Any = starts()
    first: Any
    second: Any
    first, second = slots_of(LANES, SHAPE)
    memories = [FRESH for _ in LANES]
    for epoch, slopes in enumerate(gradients()):
        tables = []
        for lane, settings in enumerate(LANES):
            rate = rate_of(settings, epoch, driven=driven)
            momentum = momentum_of(settings, epoch, driven=driven)
            table, memories[lane] = step_coefficients(settings, rate, momentum, memories[lane], STEPS)
            tables.append(table)
        for step, rows in enumerate(np.stack(tables, axis=1)):
            weights, first, second = compiled(jit=jit)(weights, slopes[step], first, second, rows)
    found: FloatArray = weights.numpy()
    return found


class KerasLanes:
    """Keras' own optimizer for each lane, each with a weight array of its own; one traced step takes all of them."""

    def __init__(self) -> None:
        self.variables = [Variable(start) for start in starts()]
        self.optimizers = [build_optimizer(settings) for settings in LANES]
        for optimizer, variable in zip(self.optimizers, self.variables, strict=True):
            optimizer.build([variable])
        self.step = tf.function(self._step)

    def _step(self, slopes: Any) -> None:
        for lane, (optimizer, variable) in enumerate(zip(self.optimizers, self.variables, strict=True)):
            optimizer.apply([slopes[lane]], [variable])

    def weights(self) -> FloatArray:
        return np.stack([variable.numpy() for variable in self.variables])


@cache
def in_keras(*, driven: bool) -> FloatArray:
    """Where the weights are after all epochs of Keras' own optimizers."""
    lanes = KerasLanes()
    for epoch, slopes in enumerate(gradients()):
        for settings, optimizer in zip(LANES, lanes.optimizers, strict=True):
            optimizer.learning_rate.assign(rate_of(settings, epoch, driven=driven))
            momentum = momentum_of(settings, epoch, driven=driven)
            if momentum is not None:
                set_momentum(optimizer, momentum)
        for slope in slopes:
            lanes.step(tf.constant(slope))
    return lanes.weights()


@pytest.mark.parametrize("driven", [False, True], ids=["constant", "driven"])
@pytest.mark.parametrize("lane", range(len(LANES)), ids=NAMES)
def test_a_hundred_steps_are_those_of_keras_own_optimizer(lane: int, driven: bool) -> None:
    theirs = in_keras(driven=driven)[lane]
    movement = np.abs(theirs - starts()[lane]).max()
    assert movement > 0.003
    for jit in (False, True):
        ours = in_lanes(driven=driven, jit=jit)[lane]
        assert np.abs(ours - theirs).max() <= TOLERANCE * movement


def test_all_eight_kinds_are_compared() -> None:
    assert {settings.kind for settings in LANES} == set(OPTIMIZERS)


@pytest.mark.parametrize("driven", [False, True], ids=["constant", "driven"])
def test_compiled_and_traced_steps_agree(driven: bool) -> None:
    compiled_ones, traced_ones = (in_lanes(driven=driven, jit=jit) for jit in (True, False))
    movement = np.abs(traced_ones - starts()).max(axis=(1, 2))
    assert (np.abs(compiled_ones - traced_ones).max(axis=(1, 2)) <= TOLERANCE * movement).all()


def after_steps(
    gradient: FloatArray, *, weights: FloatArray | None = None, idle: Sequence[int] = (), steps: int = 3
) -> tuple[FloatArray, ...]:
    """The weights and slots of all lanes after a few compiled steps with the same gradient."""
    rows = np.stack([step_coefficients(settings, 0.01, None, FRESH, steps)[0] for settings in LANES], axis=1)
    rows[:, list(idle)] = IDLE
    state: Any = (starts() if weights is None else weights, *slots_of(LANES, SHAPE))
    for row in rows:
        state = compiled(jit=True)(state[0], gradient, *state[1:], row)
    return tuple(part.numpy() for part in state)


@pytest.mark.parametrize("wild", [np.nan, np.inf, -np.inf, 1e30])
def test_a_diverged_lane_stays_alone(wild: float) -> None:
    calm = gradients()[0, 0]
    among_calm = after_steps(calm)
    for lane in range(len(LANES)):
        mixed = calm.copy()
        mixed[lane] = wild
        others = np.arange(len(LANES)) != lane
        for part, expected in zip(after_steps(mixed), among_calm, strict=True):
            np.testing.assert_array_equal(part[others], expected[others])


@pytest.mark.parametrize("slope", [0.0, 1.0, 1e30, np.inf, np.nan])
def test_an_idle_lane_does_not_move_whatever_its_gradient_is(slope: float) -> None:
    every = range(len(LANES))
    after = after_steps(np.full_like(starts(), slope), idle=every)
    for part, before in zip(after, (starts(), *slots_of(LANES, SHAPE)), strict=True):
        np.testing.assert_array_equal(part, before)


def test_an_idle_lane_keeps_what_a_diverged_trial_left_there() -> None:
    left = np.full_like(starts(), np.inf)
    np.testing.assert_array_equal(after_steps(left, weights=left, idle=range(len(LANES)))[0], left)


def test_an_idle_lane_disturbs_no_neighbour() -> None:
    calm = gradients()[0, 0]
    mixed = calm.copy()
    mixed[3] = np.nan
    others = np.arange(len(LANES)) != 3
    for part, expected in zip(after_steps(mixed, idle=[3]), after_steps(calm), strict=True):
        np.testing.assert_array_equal(part[others], expected[others])


# Above 8e37 the reciprocal of Adamax' norm is too small a number, and such a step is 0.
@pytest.mark.parametrize("slope", [0.0, 1e-30, 1e-10, 1e15, 1e30, -1e30, 8e37, np.inf])
def test_tiny_and_huge_gradients_do_what_they_do_in_keras(slope: float) -> None:
    lanes = KerasLanes()
    for optimizer in lanes.optimizers:
        optimizer.learning_rate.assign(0.01)
    slopes = np.full_like(starts(), slope)
    for _ in range(3):
        lanes.step(tf.constant(slopes))
    ours, theirs = after_steps(slopes)[0], lanes.weights()
    for lane, settings in enumerate(LANES):
        finite = np.isfinite(theirs[lane])
        np.testing.assert_array_equal(np.isfinite(ours[lane]), finite, str(settings))
        np.testing.assert_allclose(
            ours[lane][finite], theirs[lane][finite], rtol=1e-6, atol=1e-7, err_msg=str(settings)
        )
        assert finite.all() or settings.kind != "sgd" or slope == np.inf
