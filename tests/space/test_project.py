"""What of a configuration from elsewhere a space can say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.space.spaces import space_of
from tuner.space import Range
from tuner.space.project import project


def projected(point: dict[str, Any], toml: str) -> dict[str, Any]:
    return dict(project(point, space_of(toml)))


def test_fixed_values_stay_and_are_no_parameters():
    assert projected({"batch_size": 64, "layers": {"depth": 2}}, "batch_size = 32\nlayers = { depth = 3 }") == {}


def test_names_that_the_space_does_not_have_are_passed_over():
    point = {"layers": {"depth": 2, "colour": "red"}, "weather": {"kind": "fair"}, "epochs": 7}
    assert projected(point, "layers = { depth = { low = 1, high = 3 } }") == {"layers.depth": 2}


@pytest.mark.parametrize(
    ("stated", "among", "nearest"),
    [
        (2, "{ low = 1, high = 3 }", 2),
        (9, "{ low = 1, high = 3 }", 3),
        (0, "{ low = 1, high = 3 }", 1),
        (2.6, "{ low = 1, high = 3 }", 3),
        (100, "{ low = 8, high = 64, step = 16 }", 56),
        (33, "{ low = 8, high = 64, step = 16 }", 40),
        (33, "{ low = 8, high = 64, log = true }", 33),
        (33, "{ choices = [16, 33, 64] }", 33),
    ],
)
def test_a_whole_number_moves_into_its_range_and_onto_its_steps(stated, among, nearest):
    found = projected({"layers": {"depth": stated}}, f"layers = {{ depth = {among} }}")
    assert found == {"layers.depth": nearest}
    assert isinstance(found["layers.depth"], int)


@pytest.mark.parametrize(
    ("stated", "among", "nearest"),
    [
        (0, "{ low = 0.0, high = 0.5 }", 0.0),
        (0.7, "{ low = 0.0, high = 0.5 }", 0.5),
        (0.0, "{ low = 1e-8, high = 1e-2, log = true }", 1e-8),
        (0.31, "{ low = 0.1, high = 0.55, step = 0.1 }", 0.3),
        (0.9, "{ low = 0.1, high = 0.55, step = 0.1 }", 0.5),
    ],
)
def test_a_number_moves_into_its_range_and_onto_its_steps(stated, among, nearest):
    found = projected({"layers": {"dropout": stated}}, f"layers = {{ dropout = {among} }}")
    assert found == {"layers.dropout": nearest}
    assert isinstance(found["layers.dropout"], float)


@given(
    low=st.integers(1, 50), size=st.integers(0, 50), step=st.sampled_from([None, 1, 3, 7]), stated=st.floats(-200, 200)
)
def test_every_number_is_moved_to_one_that_the_range_has(low, size, step, stated):
    from tuner.space import Table

    found = project({"n": stated}, Table({"n": Range(low, low + size, step=step)}))["n"]
    reachable = range(low, low + size + 1, step or 1)
    assert found in reachable
    # Of two that are as near, either will do.
    assert abs(found - stated) <= min(abs(each - stated) for each in reachable) + 1e-9


@pytest.mark.parametrize("stated", [33, "selu", True, None, [1]])
def test_what_is_none_of_the_choices_is_left_to_the_sampler(stated):
    assert projected({"layers": {"depth": stated}}, "layers = { depth = { choices = [1, 2, 3] } }") == {}


def test_a_text_where_numbers_are_searched_is_left_to_the_sampler():
    assert projected({"layers": {"depth": "two"}}, "layers = { depth = { low = 1, high = 3 } }") == {}


def test_a_list_of_the_choices_is_taken():
    toml = """
        [schedule]
        kind = "piecewise"
        boundaries = { choices = [[1, 2], [2, 3]] }
        values = [0.1, 0.01]
    """
    point = {"schedule": {"kind": "piecewise", "boundaries": [2, 3]}}
    assert projected(point, toml) == {"schedule.boundaries": (2, 3)}


OPTIMIZERS = """
    [optimizer]
    kind = { choices = ["adam", "sgd", "adadelta"] }
    learning_rate = { low = 1e-4, high = 0.1, log = true }
    [optimizer.sgd]
    nesterov = { choices = [true, false] }
    [optimizer.adam]
    beta_2 = { low = 0.9, high = 0.999 }
"""


def test_settings_of_the_points_own_kind_are_taken_and_those_of_others_are_not():
    sgd = {"optimizer": {"kind": "sgd", "learning_rate": 0.5, "nesterov": True, "beta_2": 0.99}}
    adam = {"optimizer": {"kind": "adam", "learning_rate": 0.001, "nesterov": True, "beta_2": 0.99}}

    assert projected(sgd, OPTIMIZERS) == {
        "optimizer.kind": "sgd",
        "optimizer.learning_rate": 0.1,
        "optimizer.sgd.nesterov": True,
    }
    assert projected(adam, OPTIMIZERS) == {
        "optimizer.kind": "adam",
        "optimizer.learning_rate": 0.001,
        "optimizer.adam.beta_2": 0.99,
    }


def test_adadelta_does_not_take_the_rate_that_it_has_no_use_for():
    assert projected({"optimizer": {"kind": "adadelta", "learning_rate": 0.01}}, OPTIMIZERS) == {
        "optimizer.kind": "adadelta"
    }


def test_a_rate_is_not_taken_for_another_kind_than_the_one_it_is_good_for():
    assert projected({"optimizer": {"kind": "nadam", "learning_rate": 0.01}}, OPTIMIZERS) == {}
    fixed = "[optimizer]\nkind = 'adam'\nlearning_rate = { low = 1e-4, high = 0.1 }"
    assert projected({"optimizer": {"kind": "sgd", "learning_rate": 0.01}}, fixed) == {}
    assert projected({"optimizer": {"kind": "adam", "learning_rate": 0.01}}, fixed) == {"optimizer.learning_rate": 0.01}


def test_of_several_kinds_the_first_that_the_space_has_is_meant():
    point = {"optimizer": [{"kind": "adamw", "learning_rate": 0.01}, {"kind": "adam", "learning_rate": 0.002}]}
    assert projected(point, OPTIMIZERS) == {"optimizer.kind": "adam", "optimizer.learning_rate": 0.002}


MOMENTUM = "[momentum]\nkind = 'constant'\ninitial = { low = 0.0, high = 0.95 }\n"


def test_a_table_beside_a_kind_goes_with_it():
    point = {"optimizer": {"kind": "sgd"}, "momentum": {"kind": "constant", "initial": 0.9}}
    assert projected(point, MOMENTUM + "[optimizer]\nkind = { choices = ['sgd', 'adagrad'] }") == {
        "optimizer.kind": "sgd",
        "momentum.initial": 0.9,
    }
    assert projected(point, MOMENTUM + "[optimizer]\nkind = { choices = ['adam', 'adagrad'] }") == {}
    assert projected(point, MOMENTUM) == {"momentum.initial": 0.9}
