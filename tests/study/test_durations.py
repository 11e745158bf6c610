from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.errors import HyperparameterError
from tuner.study.durations import duration_of, seconds_of


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [("45s", 45), ("30m", 1800), ("1h30m", 5400), ("2d", 172800), ("1d1h1m1s", 90061), (" 90s ", 90), ("90m", 5400)],
)
def test_a_duration_is_days_hours_minutes_and_seconds_in_this_order(duration, seconds):
    assert seconds_of(duration) == seconds


@pytest.mark.parametrize(
    "duration",
    ["", "soon", "30", "30 m", "m", "1m1h", "-5m", "1.5h", "0s", "0h0m", "٣m", "9" * 400 + "d", "9" * 5000 + "s", 30],
)
def test_what_is_no_duration_is_refused_by_name(duration):
    with pytest.raises(HyperparameterError, match='should be a duration such as "45s"') as caught:
        seconds_of(duration, "patience")
    assert caught.value.settings == ("patience",)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0s"), (0.6, "1s"), (59.4, "59s"), (60, "1m00s"), (3599.7, "1h00m"), (5400, "1h30m"), (90061, "1d01h")],
)
def test_seconds_are_shown_to_two_units(seconds, shown):
    assert duration_of(seconds) == shown


@given(st.integers(1, 3599))
def test_what_is_shown_below_an_hour_can_be_read_back(seconds):
    assert seconds_of(duration_of(seconds)) == seconds
