from __future__ import annotations

from typing import get_args

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from tuner.hyperparameters.layers import Activation
from tuner.lanes.activations import ACTIVATIONS, NEED_Z, USUAL, activate, slope

NAMES: tuple[str, ...] = get_args(Activation)

BOTH_SIDES = np.concatenate([-np.logspace(-6, 1.9, 150), [0.0], np.logspace(-6, 1.9, 151)]).astype(np.float32)
Z = np.tile(BOTH_SIDES.reshape(1, 2, -1), (len(NAMES), 1, 1))
"""Pre-activations of every size, the same in each lane. TensorFlow's own selu takes what is even smaller for 0."""

SMALL = np.array([-1e-3, -1e-5, -1e-7, 1e-7, 1e-5, 1e-3], np.float32).reshape(1, 1, -1)


@tf.function(
    jit_compile=True,
    autograph=False,
    input_signature=[tf.TensorSpec([None, None, None]), tf.TensorSpec([None, 1, 1], tf.int32)],
)
def of_any(z: tf.Tensor, codes: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Value and slope where every lane can have every activation."""
    a = activate(z, codes, NAMES)
    return a, slope(z, a, codes, NAMES)


def in_keras(name: str, z: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    given = tf.constant(z)
    with tf.GradientTape() as tape:
        tape.watch(given)
        a = (keras.layers.PReLU() if name == "prelu" else keras.activations.get(name))(given)
    return a.numpy(), tape.gradient(a, given).numpy()


def codes_of(*names: str) -> NDArray[np.int32]:
    return np.array([NAMES.index(name) for name in names], np.int32).reshape(-1, 1, 1)


def test_every_activation_of_the_hyperparameters_is_here() -> None:
    assert set(ACTIVATIONS) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_an_activation_and_its_slope_are_those_of_keras_when_it_is_the_only_one(name: str) -> None:
    @tf.function(jit_compile=True, autograph=False)
    def of_one(z: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        codes = tf.zeros([1, 1, 1], tf.int32)
        a = activate(z, codes, (name,))
        return a, slope(z, a, codes, (name,))

    a, slopes = of_one(Z[:1])
    expected_a, expected_slopes = in_keras(name, Z[:1])
    np.testing.assert_allclose(a, expected_a, rtol=2e-6, atol=5e-7)
    np.testing.assert_allclose(slopes, expected_slopes, rtol=2e-6, atol=5e-7)


def test_lanes_with_different_activations_each_have_their_own() -> None:
    order = NAMES[3:] + NAMES[:3]
    a, slopes = of_any(Z, codes_of(*order))
    for lane, name in enumerate(order):
        expected_a, expected_slopes = in_keras(name, Z[lane])
        np.testing.assert_allclose(a[lane], expected_a, rtol=2e-6, atol=5e-7, err_msg=name)
        np.testing.assert_allclose(slopes[lane], expected_slopes, rtol=2e-6, atol=5e-7, err_msg=name)


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "softplus", "swish", "gelu"])
def test_small_numbers_keep_their_relative_precision(name: str) -> None:
    np.testing.assert_allclose(of_any(SMALL, codes_of(name))[0], in_keras(name, SMALL)[0], rtol=1e-6)


@pytest.mark.parametrize(("name", "scale"), [("elu", 1.0), ("selu", 1.0507009873554805 * 1.6732632423543772)])
def test_small_negative_numbers_are_more_precise_than_in_tensorflow(name: str, scale: float) -> None:
    exact = scale * np.expm1(SMALL.astype(float))
    np.testing.assert_allclose(of_any(SMALL, codes_of(name))[0][SMALL < 0], exact[SMALL < 0], rtol=1e-6)


def test_the_slope_at_0_is_that_of_tensorflow() -> None:
    zero = np.zeros((len(NAMES), 1, 1), np.float32)
    slopes = of_any(zero, codes_of(*NAMES))[1].numpy().ravel()
    expected = [in_keras(name, zero[:1])[1].item() for name in NAMES]
    np.testing.assert_allclose(slopes, expected, rtol=1e-6)
    assert slopes[NAMES.index("relu")] == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 3e38])
def test_a_lane_that_is_not_finite_stays_alone(bad: float) -> None:
    codes = codes_of(*NAMES)
    expected = of_any(Z, codes)
    for lane in range(0, len(NAMES), 2):
        sick = Z.copy()
        sick[lane] = bad
        others = [index for index in range(len(NAMES)) if index != lane]
        for result, before in zip(of_any(sick, codes), expected, strict=True):
            np.testing.assert_array_equal(result.numpy()[others], before.numpy()[others])


@pytest.mark.parametrize("name", NAMES)
def test_what_is_nan_stays_nan(name: str) -> None:
    assert np.isnan(of_any(np.full((1, 1, 3), np.nan, np.float32), codes_of(name))[0]).all()


@pytest.mark.parametrize("name", sorted(set(NAMES) - NEED_Z))
def test_most_slopes_follow_from_the_activated_number_alone(name: str) -> None:
    a = ACTIVATIONS[name].value(Z, USUAL)
    unread = tf.fill(Z.shape, np.nan)
    np.testing.assert_array_equal(ACTIVATIONS[name].slope(unread, a, USUAL), ACTIVATIONS[name].slope(Z, a, USUAL))
