"""Schedules as a study file states them: nothing of the schedule classes is lost on the way."""

from __future__ import annotations

import pytest

from tuner.hyperparameters.curves import LEARNING_RATE_SCHEDULES, MOMENTUM_SCHEDULES
from tuner.schedules import CURVES
from tuner.schedules.setting import settings_of


def test_every_curve_can_drive_a_momentum_and_all_but_the_rise_a_learning_rate() -> None:
    assert set(MOMENTUM_SCHEDULES) == set(CURVES)
    assert set(LEARNING_RATE_SCHEDULES) == set(CURVES) - {"rise"}


@pytest.mark.parametrize("kind", CURVES)
def test_a_table_has_the_settings_and_descriptions_of_its_schedule(kind: str) -> None:
    fields = dict(MOMENTUM_SCHEDULES[kind].model_fields)
    del fields["kind"]
    described = {
        (CURVES[kind].initial_setting if name == "initial" else name): setting.description
        for name, (_, setting) in settings_of(CURVES[kind]).items()
    }

    assert {name: field.description for name, field in fields.items()} == described


@pytest.mark.parametrize("kind", LEARNING_RATE_SCHEDULES)
def test_a_learning_rates_table_leaves_out_where_it_starts(kind: str) -> None:
    with_start, without = MOMENTUM_SCHEDULES[kind].model_fields, LEARNING_RATE_SCHEDULES[kind].model_fields

    assert set(with_start) - set(without) == {"initial"}
