from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from tests.contracts.small_tables import prepared
from tests.search.fake_trainer import FakeTrainer, small_study
from tuner.actions.expectations import lane_expectations
from tuner.actions.machine import usable_cores
from tuner.actions.trainers import DEFAULT_TRAINER, MIB, TrainerName, chosen_trainer, hosting
from tuner.cli.options import TRAINERS as OFFERED
from tuner.errors import SearchError
from tuner.training.child import TRAINERS


def test_every_trainer_is_offered_everywhere():
    assert set(OFFERED) == set(get_args(TrainerName)) == set(TRAINERS)


def test_a_trainer_is_used_as_it_is():
    own = FakeTrainer()
    assert chosen_trainer(own, None) is own


def test_lanes_mean_the_trainer_that_has_them():
    assert chosen_trainer(None, None) == DEFAULT_TRAINER
    assert chosen_trainer(None, 8) == chosen_trainer(None, "auto") == chosen_trainer("lanes", None) == "lanes"
    assert chosen_trainer("fit", None) == "fit"


@pytest.mark.parametrize("lanes", [0, -1, True, "many"])
def test_lanes_that_cannot_be_are_refused(lanes):
    with pytest.raises(SearchError, match="should be a whole number from 1 on"):
        chosen_trainer("lanes", lanes)


@pytest.mark.parametrize("trainer", ["fit", FakeTrainer()])
def test_a_trainer_without_lanes_is_not_given_any(trainer):
    with pytest.raises(SearchError, match=r'lanes are for the trainer "lanes"'):
        chosen_trainer(trainer, 8)


def test_an_unknown_trainer_is_refused_with_the_nearest_name():
    with pytest.raises(SearchError, match=r'no trainer "lane".*Did you mean "lanes"'):
        chosen_trainer("lane", None)


def test_fit_keeps_to_one_thread():
    assert hosting("fit", None, small_study(), prepared(), 40).threads == 1
    assert hosting("fit", None, small_study(), prepared(), 40).settings == {"checkpoints": None}


def test_lanes_are_told_how_many_and_what_to_expect_and_use_all_cores():
    definition = small_study()
    host = hosting("lanes", 8, definition, prepared(), 40, Path("kept"))
    assert host.settings == {
        "lanes": 8, "expected": lane_expectations(definition, 8, prepared()), "block": 16, "threads": usable_cores(),
        "checkpoints": "kept",
    }  # fmt: skip
    assert host.threads == usable_cores()
    assert host.max_growth_bytes >= 300 * MIB


@pytest.mark.parametrize("lanes", [None, "auto"])
def test_nobody_needs_to_say_how_many_lanes(lanes):
    assert hosting("lanes", lanes, small_study(), prepared(), 40).settings["lanes"] == 10


def test_stated_lanes_may_be_more_than_auto_would_take():
    assert hosting("lanes", 1000, small_study(), prepared(), 40).settings["lanes"] == 1000
