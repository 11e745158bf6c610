from __future__ import annotations

import pytest

from tests.contracts.trainer import prepared
from tests.search.fake_trainer import small_study
from tuner.actions.auto_lanes import auto_lanes, lanes_for, largest_network
from tuner.actions.machine import Machine

MACHINE = Machine(cores=2, cache_bytes=32 * 2**20, memory_bytes=8 * 2**30)
KB, MB = 2**10, 2**20


def test_small_networks_get_many_lanes_and_never_more_than_128():
    assert lanes_for(1 * KB, MACHINE, None) == 128


def test_lanes_are_as_many_as_the_cache_holds():
    assert lanes_for(500 * KB, MACHINE, None) == 64


def test_large_networks_still_get_a_lane_for_each_core():
    assert lanes_for(100 * MB, MACHINE, None) == 4
    assert lanes_for(100 * MB, Machine(cores=16, cache_bytes=MB, memory_bytes=64 * 2**30), None) == 16


def test_lanes_never_fill_more_than_a_quarter_of_the_memory():
    assert lanes_for(100 * MB, Machine(cores=16, cache_bytes=MB, memory_bytes=2**30), None) == 2
    assert lanes_for(10 * 2**30, MACHINE, None) == 1


@pytest.mark.parametrize(
    ("left", "lanes"), [(1, 1), (3, 3), (4, 4), (12, 4), (16, 4), (40, 10), (400, 100), (9999, 128)]
)
def test_no_more_than_a_quarter_of_the_trials_that_are_left_run_at_once_but_four_may(left, lanes):
    assert lanes_for(1 * KB, MACHINE, left) == lanes


def test_the_largest_network_of_a_space_is_what_counts():
    layers = {"depth": {"low": 1, "high": 3}, "width": {"choices": [8, 64, 16]}}
    network = largest_network(small_study(hyperparameters={"layers": layers, "batch_size": 16}), prepared())
    assert (network.depth, network.width, network.batch_size) == (3, 64, 16)
    assert network.parameters == (4 + 1) * 64 + 2 * (64 + 1) * 64 + (64 + 1) * 3


def test_a_study_gets_lanes_that_suit_its_budget_on_this_very_machine():
    assert auto_lanes(small_study(), prepared(), 40) == 10
    assert 4 <= auto_lanes(small_study(), prepared(), None) <= 128
