from __future__ import annotations

from dataclasses import replace

import numpy as np

from tuner.training.job import DataOrder
from tuner.training.orders import permutation

ORDER = DataOrder(seed=20, stream=3)


def test_every_row_is_seen_once() -> None:
    order = permutation(ORDER, 0, 1000)
    assert order.dtype == np.int32
    assert sorted(order) == list(range(1000))


def test_the_same_epoch_of_the_same_stream_has_the_same_order() -> None:
    np.testing.assert_array_equal(permutation(ORDER, 4, 100), permutation(ORDER, 4, 100))


def test_a_trial_that_came_in_later_sees_the_order_of_the_streams_epoch() -> None:
    np.testing.assert_array_equal(permutation(replace(ORDER, first_epoch=4), 3, 100), permutation(ORDER, 7, 100))


def test_epochs_streams_and_seeds_have_orders_of_their_own() -> None:
    orders = [
        permutation(order, epoch, 100).tolist()
        for order, epoch in [(ORDER, 0), (ORDER, 1), (replace(ORDER, stream=4), 0), (replace(ORDER, seed=21), 0)]
    ]
    assert len({tuple(order) for order in orders}) == 4


def test_every_row_is_first_about_equally_often() -> None:
    firsts = [permutation(ORDER, epoch, 4)[0] for epoch in range(2000)]
    assert np.all(np.abs(np.bincount(firsts, minlength=4) - 500) < 100)


def test_the_order_is_the_same_on_every_platform() -> None:
    assert permutation(DataOrder(seed=1, stream=2, first_epoch=3), 4, 10).tolist() == ORDER_WRITTEN_DOWN


ORDER_WRITTEN_DOWN = [3, 4, 5, 7, 2, 0, 1, 8, 6, 9]
