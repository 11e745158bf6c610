"""Columns that may steer the split."""

from __future__ import annotations

import pandas as pd
import pytest

from tuner.data.look.roles import suggestions

DAYS = list(pd.date_range("2026-01-01", periods=40))


def roles(frame, kinds=None) -> dict[str, str]:
    return {each.column: each.role for each in suggestions(frame, list(frame.columns), kinds or {})}


@pytest.mark.parametrize("name", ["customer", "patient_id", "userId", "household"])
def test_an_identifier_of_several_rows_each_may_be_a_group(make_frame, name):
    assert roles(make_frame(**{name: [float(n % 20) for n in range(60)]})) == {name: "group"}
    assert roles(make_frame(**{name: [f"C{n % 20}" for n in range(60)]})) == {name: "group"}


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("customer", [float(n) for n in range(60)]),
        ("customer", [float(n % 3) for n in range(60)]),
        ("customer", [n % 20 + 0.5 for n in range(60)]),
        ("customer", [None, *(float(n % 20) for n in range(59))]),
        ("customer_age", [float(n % 20) for n in range(60)]),
        ("zip_code", [float(n % 20) for n in range(60)]),
    ],
)
def test_other_columns_are_no_groups(make_frame, name, cells):
    assert roles(make_frame(**{name: cells})) == {}


def test_dates_may_be_the_time_to_split_by(make_frame):
    assert roles(make_frame(sold=DAYS), {"sold": "date"}) == {"sold": "time"}
    assert roles(make_frame(a=[f"{day:%d.%m.%Y}" for day in DAYS]), {"a": "date"}) == {"a": "time"}
    assert roles(make_frame(year=[float(1980 + n) for n in range(40)])) == {"year": "time"}


def test_dates_of_something_else_and_dates_with_gaps_are_not(make_frame):
    frame = make_frame(date_of_birth=DAYS, sold=[None, *DAYS[1:]], month=[float(n % 12) for n in range(40)])
    assert roles(frame, {"date_of_birth": "date", "sold": "date", "month": "number"}) == {}
