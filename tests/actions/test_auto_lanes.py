from __future__ import annotations

import pytest

from tests.contracts.small_tables import prepared
from tests.search.fake_trainer import small_study
from tuner.actions.auto_lanes import lanes_for, largest_network
from tuner.actions.machine import Machine, this_machine

KB, MB, GB = 2**10, 2**20, 2**30

MACHINE = Machine(cores=2, cache_bytes=4 * MB, memory_bytes=8 * GB)


def test_each_core_gets_two_blocks_of_at_most_sixteen():
    assert lanes_for(1 * KB, MACHINE, None) == 64
    assert lanes_for(1 * KB, Machine(cores=1), None) == 32


def test_there_are_never_more_than_128():
    assert lanes_for(1 * KB, Machine(cores=64), None) == 128


def test_a_block_is_what_half_of_a_cores_cache_holds():
    assert lanes_for(500 * KB, MACHINE, None) == 2 * 2 * 4


def test_large_networks_still_get_two_lanes_for_each_core():
    assert lanes_for(10 * MB, MACHINE, None) == 4
    assert lanes_for(10 * MB, Machine(cores=16, cache_bytes=MB, memory_bytes=64 * GB), None) == 32


def test_lanes_never_fill_more_than_a_quarter_of_the_memory():
    assert lanes_for(100 * MB, Machine(cores=16, cache_bytes=MB, memory_bytes=GB), None) == 2
    assert lanes_for(10 * GB, MACHINE, None) == 1


def test_a_gpu_gets_many_and_its_own_memory_counts():
    assert lanes_for(1 * MB, Machine(cores=2, memory_bytes=MB, gpu_bytes=80 * GB), None) == 1024
    assert lanes_for(100 * MB, Machine(cores=2, gpu_bytes=8 * GB), None) == 20


@pytest.mark.parametrize(
    ("left", "lanes"), [(1, 1), (3, 3), (4, 4), (12, 4), (16, 4), (40, 10), (400, 100), (9999, 128)]
)
def test_no_more_than_a_quarter_of_the_trials_that_are_left_run_at_once_but_four_may(left, lanes):
    assert lanes_for(1 * KB, Machine(cores=64), left) == lanes


def test_the_largest_network_of_a_space_is_what_counts():
    layers = {"depth": {"low": 1, "high": 3}, "width": {"choices": [8, 64, 16]}}
    network = largest_network(small_study(hyperparameters={"layers": layers, "batch_size": 16}), prepared())
    assert (network.widths, network.batch_size) == ((64, 64, 64), 16)
    assert network.parameters == (4 + 1) * 64 + 2 * (64 + 1) * 64 + (64 + 1) * 3


def test_the_largest_network_has_each_layers_own_width():
    layers = {"depth": {"low": 1, "high": 4}, "width": 20, "width_2": {"low": 3, "high": 7}, "width_4": 50}
    network = largest_network(small_study(hyperparameters={"layers": layers}), prepared())
    assert network.widths == (20, 7, 7, 50)


def test_a_study_gets_lanes_that_suit_its_largest_network_on_this_very_machine():
    size = largest_network(small_study(), prepared()).bytes_per_lane
    assert lanes_for(size, this_machine(), 40) == 10
    assert 4 <= lanes_for(size, this_machine(), None) <= 128
