"""The normal distribution out of a hash."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from scipy import stats

from tuner.lanes.noise import normal


@tf.function(jit_compile=True)
def drawn(keys: tf.Tensor, steps: tf.Tensor) -> tf.Tensor:
    return normal(keys, steps, 5, rows=500, units=40)


KEYS, STEPS = tf.constant([3, 4], tf.uint32), tf.constant([7, 7], tf.uint32)


def test_the_numbers_are_normally_distributed():
    numbers = drawn(KEYS, STEPS).numpy().ravel()
    assert stats.kstest(numbers, "norm").pvalue > 1e-3
    assert np.isfinite(numbers).all()


def test_each_lane_each_step_and_each_stream_has_numbers_of_its_own():
    first = drawn(KEYS, STEPS).numpy()
    later = drawn(KEYS, STEPS + 1).numpy()
    for one, other in ((first[0], first[1]), (first[0], later[0])):
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 4 / np.sqrt(one.size)


def test_the_most_extreme_numbers_are_finite():
    extreme = 2**23 - 1
    assert np.isfinite(tf.math.erfinv(tf.constant((extreme + 0.5) * 2.0**-22 - 1.0, tf.float32)).numpy())
