from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from tuner.lanes.penalties import penalty, penalty_gradient

L1 = np.array([0.0, 0.01, 0.0, 0.3], np.float32)
L2 = np.array([0.0, 0.0, 0.02, 0.1], np.float32)


@tf.function(jit_compile=True, autograph=False, reduce_retracing=False)
def both(weights: tf.Tensor, l1: tf.Tensor, l2: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    return penalty(weights, l1, l2), penalty_gradient(weights, l1, l2)


def drawn(inputs: int, units: int) -> np.ndarray:
    weights = np.random.default_rng(inputs).normal(size=(len(L1), inputs, units)).astype(np.float32)
    weights[:, :, units // 2 :] *= 1e-3
    weights[:, -1, -1] = 0.0
    return weights


@pytest.mark.parametrize(
    ("inputs", "units"), [(1, 1), (3, 5), (1, 64), (5, 13), (4, 64), (13, 17), (61, 67), (64, 64), (100, 257)]
)
def test_penalties_and_their_gradients_are_those_of_keras(inputs: int, units: int) -> None:
    weights = drawn(inputs, units)
    sums, gradients = both(weights, L1, L2)
    for lane, (l1, l2) in enumerate(zip(L1, L2, strict=True)):
        given = tf.constant(weights[lane])
        with tf.GradientTape() as tape:
            tape.watch(given)
            expected = keras.regularizers.L1L2(float(l1), float(l2))(given)
        np.testing.assert_allclose(sums[lane], expected, rtol=2e-6)
        expected_gradients = tape.gradient(expected, given, unconnected_gradients="zero")
        np.testing.assert_allclose(gradients[lane], expected_gradients, rtol=1e-6)


def test_a_weight_of_0_is_not_pulled_either_way() -> None:
    assert not both(np.zeros((4, 2, 2), np.float32), L1, L2)[1].numpy().any()


def test_without_a_penalty_the_sum_is_exactly_0() -> None:
    assert both(drawn(64, 64), L1, L2)[0][0] == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_lane_that_is_not_finite_stays_alone(bad: float) -> None:
    weights = drawn(64, 64)
    expected = both(weights, L1, L2)
    weights[1, 3, 3] = bad
    for result, before in zip(both(weights, L1, L2), expected, strict=True):
        np.testing.assert_array_equal(result.numpy()[[0, 2, 3]], before.numpy()[[0, 2, 3]])
    assert not np.isfinite(both(weights, L1, L2)[0][1])


def test_the_number_of_lanes_need_not_be_known_when_the_program_is_made() -> None:
    shape = [tf.TensorSpec([None, 64, 64]), tf.TensorSpec([None]), tf.TensorSpec([None])]
    program = tf.function(penalty, jit_compile=True, autograph=False, input_signature=shape)
    weights = drawn(64, 64)
    np.testing.assert_array_equal(program(weights, L1, L2), both(weights, L1, L2)[0])
    np.testing.assert_array_equal(program(weights[2:], L1[2:], L2[2:]), both(weights, L1, L2)[0][2:])
