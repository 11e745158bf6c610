from __future__ import annotations

from dataclasses import replace
from datetime import date

import optuna

from tests.contracts.small_tables import prepared
from tests.search.fake_trainer import small_study
from tuner.search.generations import generation_for, generations
from tuner.search.studies import join_study

DAY = date(2026, 11, 21)


def begin(storage, definition, data: str, day: date = DAY) -> str:
    """Join the generation of a study that has these data; its name."""
    found = generation_for(storage, definition, data, "val_log_loss", day)
    join_study(storage, found, replace(prepared(), fingerprint=data))
    return found.name


def test_the_first_generation_bears_the_studys_own_name(storage):
    assert begin(storage, small_study(), "one") == "small"
    assert begin(storage, small_study(), "one") == "small"


def test_changed_data_begin_a_generation_named_after_the_day(storage):
    begin(storage, small_study(), "one")
    assert begin(storage, small_study(), "two") == "small@2026-11-21"
    assert generations(storage, "small") == ["small", "small@2026-11-21"]


def test_the_same_data_find_their_generation_again_whatever_the_day(storage):
    for data in ("one", "two"):
        begin(storage, small_study(), data)
    assert begin(storage, small_study(), "two", date(2026, 11, 22)) == "small@2026-11-21"
    assert begin(storage, small_study(), "one", date(2026, 11, 22)) == "small"


def test_two_changes_on_one_day_are_two_generations(storage):
    names = [begin(storage, small_study(), data) for data in ("one", "two", "three")]
    assert names == ["small", "small@2026-11-21", "small@2026-11-21.2"]


def test_other_studies_are_none_of_its_generations(storage):
    begin(storage, small_study("smaller"), "one")
    assert begin(storage, small_study(), "two") == "small"
    assert generations(storage, "small") == ["small"]


def test_a_changed_definition_is_left_to_be_refused_under_the_newest_name(storage):
    for data in ("one", "two"):
        begin(storage, small_study(), data)
    changed = small_study(hyperparameters={"batch_size": 32, "epochs": {"low": 2, "high": 4}})
    assert generation_for(storage, changed, "three", "val_log_loss", DAY).name == "small@2026-11-21"


def test_a_study_of_somebody_else_is_left_to_be_refused(storage):
    optuna.create_study(storage=storage, study_name="small")
    assert generation_for(storage, small_study(), "one", "val_log_loss", DAY).name == "small"
