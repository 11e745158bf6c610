"""Kinds that have to be stated, and columns that cannot be read."""

from __future__ import annotations

import pytest

from tuner.data.look.findings import Dropped, Typed
from tuner.data.look.kinds import stated_kinds, unreadable


def only(frame) -> Typed | Dropped | None:
    found = list(stated_kinds(frame, list(frame.columns)))
    assert len(found) <= 1
    return found[0] if found else None


@pytest.mark.parametrize("name", ["Pclass", "zip_code", "storeId", "customer", "region"])
def test_whole_numbers_that_are_called_codes_are_categories(make_frame, name):
    found = only(make_frame(**{name: [1.0, 2.0, 3.0, 4.0] * 9}))
    assert isinstance(found, Typed)
    assert (found.column, found.kind) == (name, "category")
    assert "4 different whole numbers" in found.reason


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("rooms", [1.0, 2.0, 3.0, 4.0] * 9),
        ("customer_age", [20.0, 21.0, 22.0] * 9),
        ("class", [1.5, 2.0, 3.0] * 9),
        ("class", [0.0, 1.0] * 9),
        ("zip", [float(n) for n in range(99)]),
    ],
)
def test_other_numbers_stay_numbers(make_frame, name, cells):
    assert only(make_frame(**{name: cells})) is None


def test_whole_numbers_can_be_dates(make_frame):
    found = only(make_frame(day=[20260101.0 + day for day in range(31)]))
    assert isinstance(found, Typed)
    assert found.kind == "%Y%m%d"


def test_dates_that_can_be_read_in_two_ways_are_decided_and_it_is_said(make_frame):
    frame = make_frame(a=["03/04/2026", "05/02/2026", "02/05/2026"], b=["12/25/2026", "12/24/2026", "01/02/2026"])
    found = only(frame)
    assert isinstance(found, Typed)
    assert (found.column, found.kind) == ("a", "%m/%d/%Y")
    assert '"02/05/2026" can be read as "%d/%m/%Y" too; as in another column' in found.reason


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ([f"person number {n} of them all in all" for n in range(40)], "free text, 8 words"),
        ([f"X{n}-{n * 7}Q" for n in range(40)], "all 40 texts are different"),
        ([f"X{n}-{n * 7}Q" for n in range(30)] + ["X1-7Q"] * 10, "an identifier or free text"),
        ([f"${n}.50" for n in range(40)], "turn them into plain numbers"),
        ([f"{n},{n + 100} kg" for n in range(40)], "turn them into plain numbers"),
        (["Ann", "Bob", "Eve"], "all 3 texts are different"),
    ],
)
def test_texts_of_no_use_are_left_out(make_frame, cells, why):
    found = only(make_frame(text=cells))
    assert isinstance(found, Dropped)
    assert why in found.reason


def test_codes_of_which_most_look_like_numbers_are_categories(make_frame):
    found = only(make_frame(diagnosis=[*(str(n) for n in range(200, 240)), *(f"V{n}" for n in range(8))] * 4))
    assert isinstance(found, Typed)
    assert found.kind == "category"
    assert '"V' in found.reason


def test_what_still_cannot_be_read_is_left_out_with_the_readers_words(make_frame):
    frame = make_frame(a=[1.0, 1e200], b=["x", "3"], c=[1.0, 2.0])
    dropped = {each.column: each.reason for each in unreadable(frame, ["a", "b", "c"], {"b": "number"})}
    assert [*dropped] == ["a", "b"]
    assert "1e+150" in dropped["a"]
    assert "should be a number" in dropped["b"]
