"""What is kept of a trial in the storage."""

from __future__ import annotations

import json

import pytest

from tests.contracts.trainer import job
from tuner.search.trials import attributes
from tuner.training.job import End, Outcome


def test_of_a_trial_with_members_each_ones_value_is_kept_and_their_spread() -> None:
    kept = attributes(job(), Outcome(0, End.FINISHED, best_epoch=2, member_values=(0.5, 0.7, 0.9)))
    assert kept["member_values"] == [0.5, 0.7, 0.9]
    assert kept["spread"] == pytest.approx(0.2)
    assert json.loads(json.dumps(kept)) == kept


def test_a_single_value_has_no_spread() -> None:
    kept = attributes(job(), Outcome(0, End.FAILED, member_values=(0.5,)))
    assert kept["member_values"] == [0.5]
    assert "spread" not in kept


def test_of_a_trial_without_members_there_is_neither() -> None:
    assert not {"member_values", "spread"} & attributes(job(), Outcome(0, End.FINISHED)).keys()
