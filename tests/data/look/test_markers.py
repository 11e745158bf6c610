"""What stands where a value is missing."""

from __future__ import annotations

import pytest

from tuner.data.look.markers import number_markers, text_markers

NUMBERS = [f"{number}.5" for number in range(60)]


def texts(frame) -> list[object]:
    return [marker.value for _, marker in text_markers(frame, list(frame.columns))]


@pytest.mark.parametrize("word", ["unknown", "-", "n.a.", "Missing", "#DIV/0!"])
def test_a_word_for_nothing_among_numbers_is_a_marker_as_it_is_spelled(make_frame, word):
    [(column, marker)] = text_markers(make_frame(weight=[*NUMBERS, word, word]), ["weight"])
    assert (column, marker.value) == ("weight", word)
    assert marker.reason == '2 rows of "weight" (3.2 %), which holds numbers'


def test_decimal_commas_are_numbers_too(make_frame):
    assert texts(make_frame(weight=[*(text.replace(".", ",") for text in NUMBERS), "unknown"])) == ["unknown"]


def test_a_word_for_nothing_among_dates_is_a_marker(make_frame):
    dates = [f"2026-01-{day:02}" for day in range(1, 30)]
    assert texts(make_frame(when=[*dates, "unknown"])) == ["unknown"]


def test_a_typing_mistake_among_many_numbers_is_a_marker_that_says_so(make_frame):
    [(_, marker)] = text_markers(make_frame(weight=[*NUMBERS, "12O"]), ["weight"])
    assert marker.value == "12O"
    assert marker.reason.endswith("a typing mistake? Mend it")


def test_levels_that_are_numbers_and_one_that_is_not_stay_levels(make_frame):
    assert texts(make_frame(rooms=["1", "2", "3", "4", "5", "6+"] * 9)) == []


def test_many_different_texts_among_numbers_are_no_mistakes(make_frame):
    assert texts(make_frame(diagnosis=[*(str(number) for number in range(100)), *(f"V{n}" for n in range(9))])) == []


def test_a_word_for_nothing_among_categories_stays_a_level(make_frame):
    assert texts(make_frame(town=["Ulm", "Bonn", "unknown"] * 9)) == []


def test_infinite_numbers_are_markers(make_frame):
    assert texts(make_frame(ratio=[1.0, 2.0, float("inf"), float("-inf")])) == ["inf", "-inf"]


def values(frame, others=()) -> list[object]:
    columns = [name for name in frame.columns if name not in others]
    return [marker.value for marker in number_markers(frame, columns, others)[0]]


ORDINARY = [float(number) for number in range(95)]


@pytest.mark.parametrize("value", [-999.0, 9999.0, -9999.0, 999.0, -99.0])
def test_a_number_far_outside_of_the_rest_and_frequent_is_a_marker(make_frame, value):
    frame = make_frame(age=[*ORDINARY, *[value] * 5])
    assert values(frame) == [value]
    assert "5 rows (5 %), while all others lie in 0 to 94," in number_markers(frame, ["age"], [])[0][0].reason


def test_below_numbers_that_are_all_positive_999_is_a_marker_however_large_they_are(make_frame):
    assert values(make_frame(income=[number * 1000 for number in ORDINARY] + [-999.0] * 5)) == [-999.0]


@pytest.mark.parametrize(
    ("why", "cells"),
    [
        ("once is no habit", [*ORDINARY, -999.0]),
        ("not far enough", [*ORDINARY, *[99.0] * 5]),
        ("not spelled like a marker", [*ORDINARY, *[-1234.0] * 5]),
        ("the rest goes below it", [*(-1000.0 + 10 * n for n in ORDINARY), *[-999.0] * 5]),
        ("there is no rest to speak of", [0.0] * 20 + [999.0] * 20),
    ],
)
def test_a_number_is_no_marker_unless_it_is_clear(make_frame, why, cells):
    assert values(make_frame(age=cells)) == []


def test_a_number_that_is_ordinary_elsewhere_is_only_warned_of(make_frame):
    frame = make_frame(age=[*ORDINARY, *[-999.0] * 5], height=[float(n - 1010) for n in range(100)])
    markers, [caution] = number_markers(frame, ["age", "height"], [])
    assert markers == []
    assert caution.startswith("-999 may stand for a missing value (5 rows")
    assert '"height"' in caution


def test_a_marker_must_not_hide_values_of_the_target(make_frame):
    frame = make_frame(age=[*ORDINARY, *[9999.0] * 5], price=[*[9999.0] * 5, *ORDINARY])
    assert values(frame, others=["price"]) == []
