from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from tuner.lanes.dropout import keep_scale


@tf.function(jit_compile=True, autograph=False)
def _keep_scale(keys: tf.Tensor, steps: tf.Tensor, layer: tf.Tensor, rate: tf.Tensor, room: tf.Tensor) -> tf.Tensor:
    return keep_scale(keys, steps, layer, rate, rows=room.shape[0], units=room.shape[1])


def scales(
    keys: object, *, steps: object = 0, layer: int = 0, rate: object = 0.5, rows: int = 64, units: int = 256
) -> NDArray[np.float32]:
    """Keep scales of lanes; a single step or rate is for all of them."""
    lanes = np.array(keys, np.uint32)
    return np.asarray(
        _keep_scale(
            lanes,
            np.broadcast_to(np.array(steps, np.uint32), lanes.shape),
            tf.constant(layer),
            np.broadcast_to(np.array(rate, np.float32), lanes.shape),
            tf.zeros([rows, units]),
        )
    )


def many(rate: float, *, lanes: int = 16, steps: int = 16, layers: int = 2) -> NDArray[np.bool_]:
    """What is kept, in lanes whose keys are consecutive: [lanes, steps, layers, rows, units]."""
    kept = [[scales(range(lanes), steps=step, layer=n, rate=rate) > 0 for n in range(layers)] for step in range(steps)]
    return np.array(kept).transpose(2, 0, 1, 3, 4)


def assert_uncorrelated(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> None:
    """The correlation of two equally long samples is within 5 of its standard deviations, 1 / sqrt(n), of 0."""
    assert abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) < 5 / np.sqrt(a.size)


RATES = np.array([0.001, 0.05, 0.1, 0.25, 1 / 3, 0.5, 0.8, 0.95], np.float32)


def test_each_lane_drops_its_own_share_and_keeps_the_mean() -> None:
    drawn = np.stack([scales(range(8), steps=step, rate=RATES) for step in range(32)], axis=1)
    numbers = drawn[0].size
    for lane, rate in enumerate(RATES.astype(float)):
        assert np.mean(drawn[lane] == 0) == pytest.approx(rate, abs=5 * np.sqrt(rate * (1 - rate) / numbers))
        assert set(np.unique(drawn[lane])) == {np.float32(0), np.float32(1 / (1 - RATES[lane]))}
        assert np.mean(drawn[lane], dtype=float) == pytest.approx(1, abs=5 * np.sqrt(rate / (1 - rate) / numbers))


def test_without_dropout_every_scale_is_exactly_1() -> None:
    assert (scales([0, 1, 2**32 - 1], rate=0.0) == 1).all()


def test_a_rate_that_rounds_to_1_drops_nearly_all_and_is_finite() -> None:
    assert np.isfinite(scales([1], rate=1.0)).all()
    assert np.mean(scales([1], rate=1.0) > 0) < 0.001


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_neighbours_in_every_direction_are_independent(rate: float) -> None:
    kept = many(rate)
    for axis in range(kept.ndim):
        for distance in (1, 2, 8):
            if distance < kept.shape[axis]:
                ahead = np.take(kept, range(distance, kept.shape[axis]), axis)
                assert_uncorrelated(ahead, np.take(kept, range(kept.shape[axis] - distance), axis))


def test_lanes_with_consecutive_keys_have_nothing_in_common() -> None:
    kept = many(0.5)
    flat = kept.reshape(len(kept), -1)
    correlations = np.corrcoef(flat)[np.triu_indices(len(flat), 1)] * np.sqrt(flat.shape[1])
    assert abs(correlations).max() < 5
    assert np.std(correlations) == pytest.approx(1, abs=0.3)


@pytest.mark.parametrize("rate", [0.3, 0.5])
def test_runs_of_four_units_are_as_frequent_as_chance_has_it(rate: float) -> None:
    kept = many(rate)
    words = kept.reshape(-1, 4) @ np.array([8, 4, 2, 1])
    counts = np.bincount(words, minlength=16)
    ones = np.array([word.bit_count() for word in range(16)])
    expected = len(words) * (1 - rate) ** ones * rate ** (4 - ones)
    # Chi-square with 15 degrees of freedom: mean 15, variance 30.
    assert 1 < np.sum((counts - expected) ** 2 / expected) < 15 + 5 * np.sqrt(30)


@pytest.mark.parametrize("axis", [0, 1, 2, 3, 4])
def test_counts_along_every_axis_vary_as_much_as_chance_has_it(axis: int) -> None:
    rate = 0.3
    kept = many(rate)
    counts = kept.sum(axis=axis)
    variance = kept.shape[axis] * rate * (1 - rate)
    # The variance of n counts is known to within a relative sqrt(2 / n), or somewhat more for few in each.
    assert np.mean((counts - kept.shape[axis] * (1 - rate)) ** 2) == pytest.approx(
        variance, rel=5 * np.sqrt(2.5 / counts.size)
    )


def test_no_two_rows_of_a_training_have_the_same_draw() -> None:
    rows = np.packbits(many(0.5).reshape(-1, 256), axis=1)
    assert len(np.unique(rows, axis=0)) == len(rows)


def test_a_trial_has_the_same_draw_on_whichever_lane_it_trains() -> None:
    rates = [0.1, 0.3, 0.5]
    together = scales([7, 8, 9], steps=[0, 100, 5], rate=rates)
    np.testing.assert_array_equal(scales([9, 8, 7], steps=[5, 100, 0], rate=rates[::-1]), together[::-1])
    np.testing.assert_array_equal(scales([8], steps=[100], rate=rates[1:2]), together[1:2])


def test_a_wider_array_or_a_larger_batch_changes_no_draw() -> None:
    narrow = scales([3, 4], steps=2, layer=1, rows=5, units=7)
    np.testing.assert_array_equal(scales([3, 4], steps=2, layer=1, rows=32, units=100)[:, :5, :7], narrow)


def test_a_larger_rate_drops_what_a_smaller_one_does_and_more() -> None:
    less, more = scales([5], rate=0.2) == 0, scales([5], rate=0.4) == 0
    assert (more | ~less).all()
    assert more.sum() > less.sum()


def test_outside_of_xla_the_draws_are_the_same() -> None:
    plain = keep_scale(
        tf.constant([1, 2], tf.uint32), tf.constant([3, 2**31], tf.uint32), 1, tf.constant([0.1, 0.7]), rows=4, units=9
    )
    compiled = scales([1, 2], steps=[3, 2**31], layer=1, rate=[0.1, 0.7], rows=4, units=9)
    np.testing.assert_array_equal(plain.numpy() == 0, compiled == 0)
    np.testing.assert_allclose(plain, compiled, rtol=1e-6)
