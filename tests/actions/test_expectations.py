from __future__ import annotations

import pytest

from tests.contracts.small_tables import prepared
from tests.search.fake_trainer import small_study
from tuner.actions.expectations import (
    lane_expectations,
    programs_in_words,
    rooms_within,
    what_needs_programs,
)
from tuner.hyperparameters import Hyperparameters
from tuner.lanes.signature import Expected, signature_of


def study(layers, **hyperparameters):
    return small_study(hyperparameters={"layers": layers, **hyperparameters})


def expected_of(definition, lanes=128):
    """What is expected where lanes are many enough for a program of each size."""
    return lane_expectations(definition, lanes, prepared())


def test_a_study_without_layers_brings_their_defaults():
    assert expected_of(study({})) == Expected(depths=(2,), widths=(64,), activations=("relu",))


def test_a_fixed_width_and_chosen_widths_are_taken_as_they_are():
    assert expected_of(study({"width": 24})).widths == (24,)
    assert expected_of(study({"width": {"choices": [100, 70]}})).widths == (70, 100)


def test_programs_have_room_for_the_widths_of_all_layers():
    layers = {"depth": {"low": 1, "high": 3}, "width": 70, "width_2": {"choices": [90, 30]}, "width_3": 200}
    assert expected_of(study(layers)).widths == (30, 70, 90, 200)


def test_narrow_networks_share_a_program_whatever_their_width():
    assert expected_of(study({"width": {"choices": [100, 30, 7]}})).widths == (30, 100)
    assert expected_of(study({"width": {"low": 8, "high": 64}})).widths == (64,)
    assert expected_of(study({"width": {"low": 16, "high": 256}})).widths == (64, 128, 256)


@pytest.mark.parametrize(("low", "high"), [(1, 1), (1, 2), (1, 3), (3, 7), (8, 64), (16, 256), (10, 200), (17, 33)])
def test_every_width_of_a_range_has_room_and_none_wastes_more_than_half(low, high):
    rooms = rooms_within(low, high)
    assert rooms == tuple(sorted(set(rooms)))
    assert rooms[-1] == high
    assert all(low <= room and (room == high or room & (room - 1) == 0) for room in rooms)
    for width in range(low, high + 1):
        room = min(room for room in rooms if room >= width)
        assert room <= 2 * width
    taken = {min(room for room in rooms if room >= width) for width in range(low, high + 1)}
    assert taken == set(rooms)


def test_a_range_of_widths_with_a_step_has_no_room_that_nobody_needs():
    widths = {"low": 16, "high": 256, "step": 120}
    assert expected_of(study({"width": widths})).widths == (32, 256)
    assert expected_of(study({"width": {"low": 80, "high": 240, "step": 80}})).widths == (128, 240)
    assert expected_of(study({"width": {"low": 10, "high": 100, "step": 60}})).widths == (10, 70)


def test_activations_are_those_that_may_be_chosen():
    assert expected_of(study({"activation": {"choices": ["tanh", "relu"]}})).activations == ("tanh", "relu")


@pytest.mark.parametrize(
    ("layers", "dropout", "penalties"),
    [
        ({"dropout": 0.0, "l1": 0.0}, False, False),
        ({"dropout": 0.2}, True, False),
        ({"dropout": {"low": 0.0, "high": 0.5}}, True, False),
        ({"dropout": {"choices": [0.0, 0.1]}}, True, False),
        ({"l1": 1e-4}, False, True),
        ({"l2": {"low": 1e-8, "high": 1e-2, "log": True}}, False, True),
    ],
)
def test_dropout_and_penalties_are_expected_where_a_trial_may_have_them(layers, dropout, penalties):
    expected = expected_of(study(layers))
    assert ("dropout" in expected.techniques, "penalties" in expected.techniques) == (dropout, penalties)


@pytest.mark.parametrize(
    ("stated", "smoothing", "weights"),
    [
        ({}, False, False),
        ({"label_smoothing": 0.0, "class_weights": "none"}, False, False),
        ({"label_smoothing": 0.1}, True, False),
        ({"label_smoothing": {"low": 0.0, "high": 0.2}}, True, False),
        ({"class_weights": {"choices": ["none", "balanced"]}}, False, True),
    ],
)
def test_label_smoothing_and_class_weights_are_expected_where_a_trial_may_have_them(stated, smoothing, weights):
    expected = expected_of(study({}, **stated))
    found = expected.techniques
    assert ("label_smoothing" in found, "class_weights" in found) == (smoothing, weights)


def test_a_space_of_one_program_says_nothing():
    free = study({"width": {"low": 33, "high": 64}, "activation": {"choices": ["relu", "tanh"]}, "dropout": 0.1})
    assert what_needs_programs(free, "multiclass", expected_of(free)) == {}
    assert programs_in_words({}) == ""


def test_what_makes_programs_is_counted_and_named():
    many = study({"depth": {"low": 1, "high": 3}, "width": {"low": 16, "high": 256}}, batch_size={"choices": [16, 32]})
    kinds = what_needs_programs(many, "multiclass", expected_of(many))
    assert kinds == {"depth": 3, "width": 3, "batch_size": 2}
    assert "up to 18 programs (3 for depth, times 3 for width, times 2 for batch_size)" in programs_in_words(kinds)


def test_losses_that_are_the_same_to_keras_share_a_program():
    same = study({}, loss={"choices": ["auto", "cross_entropy", "sparse_categorical_cross_entropy"]})
    assert what_needs_programs(same, "multiclass", expected_of(same)) == {}
    two = small_study(hyperparameters={"loss": {"choices": ["auto", "mae", "mse"]}}, data={"builtin": "diabetes"})
    assert what_needs_programs(two, "regression", expected_of(two)) == {"loss": 2}


def test_trials_of_a_space_need_as_many_programs_as_was_said():
    layers = {
        "depth": {"low": 1, "high": 2},
        "width": {"low": 50, "high": 140},
        "activation": {"choices": ["relu", "tanh"]},
        "dropout": {"low": 0.0, "high": 0.5},
    }
    definition = study(layers)
    expected = expected_of(definition)
    signatures = {
        signature_of(
            Hyperparameters.model_validate(
                {"layers": {"depth": depth, "width": width, "activation": activation, "dropout": dropout}}
            ),
            data="main", task="binary", features=4, outputs=1, loss="binary_crossentropy", expected=expected,
        )
        for depth in (1, 2) for width in range(50, 141) for activation in ("relu", "tanh") for dropout in (0.0, 0.3)
    }  # fmt: skip
    kinds = what_needs_programs(definition, "binary", expected)
    assert len(signatures) == kinds["depth"] * kinds["width"] == 6


def test_the_fewer_the_lanes_the_fewer_the_programs_and_they_have_room_for_the_largest():
    many = study({"depth": {"low": 1, "high": 3}, "width": {"low": 16, "high": 256}})
    fullest = expected_of(many, lanes=128)
    assert (fullest.depths, fullest.widths, fullest.shallow) == ((1, 2, 3), (64, 128, 256), ())
    for lanes in (1, 8, 16, 31, 40, 64):
        expected = expected_of(many, lanes)
        assert len(expected.depths) * len(expected.widths) <= max(1, lanes // 8)
        assert (expected.depths[-1], expected.widths[-1]) == (3, 256)
    assert (expected_of(many, 10).depths, expected_of(many, 10).shallow) == ((3,), (3,))


def test_only_a_program_that_may_get_fewer_layers_lets_values_pass():
    expected = Expected(depths=(1, 3), widths=(64,), shallow=(3,))
    made = {
        depth: signature_of(
            Hyperparameters.model_validate({"layers": {"depth": depth, "width": 8}}),
            data="main", task="binary", features=4, outputs=1, loss="binary_crossentropy", expected=expected,
        )
        for depth in (1, 2, 3, 4)
    }  # fmt: skip
    assert {depth: (made[depth].depth, made[depth].shallow) for depth in made} == {
        1: (1, False), 2: (3, True), 3: (3, True), 4: (4, False),
    }  # fmt: skip
    assert made[2] == made[3]
