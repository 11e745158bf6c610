"""Columns of which a network learns nothing."""

from __future__ import annotations

import pytest

from tuner.data.frame import Frame, Part
from tuner.data.look.useless import useless_columns

COUNTED = [float(n) for n in range(5, 25)]
MIXED = [float(n * 7 % 23) for n in range(20)]


def reasons(frame) -> dict[str, str]:
    return {each.column: each.reason for each in useless_columns(frame, list(frame.columns))}


def test_a_constant_column_is_left_out_but_not_one_that_is_missing_here_and_there(make_frame):
    found = reasons(make_frame(a=[5.0, 5.0], b=["x", "x"], c=[5.0, None], d=[1.0, 2.0]))
    assert found == {"a": "constant: 5 in every row", "b": 'constant: "x" in every row'}


def test_a_column_without_a_value_is_left_out(make_frame):
    assert reasons(make_frame(a=[None, None], b=[1.0, 2.0])) == {"a": "no value in any row"}


def test_a_column_that_is_there_twice_is_left_out_the_second_time(make_frame):
    found = reasons(make_frame(a=[1.0, None, 2.0], b=["x", "y", "x"], c=[1.0, None, 2.0], d=["x", "y", "x"]))
    assert found == {"c": 'the same as "a" in every row', "d": 'the same as "b" in every row'}


def test_columns_that_differ_in_one_row_are_kept(make_frame):
    assert reasons(make_frame(a=[1.0, None, 2.0], b=[1.0, 0.0, 2.0], c=["x", "y", "x"], d=["x", "y", "y"])) == {}


def test_a_column_that_counts_the_rows_is_left_out(make_frame):
    assert reasons(make_frame(a=COUNTED)) == {"a": "counts the rows: 5, 6, 7, ..."}


def test_every_file_may_count_its_rows_anew(make_frame):
    columns = make_frame(a=[*COUNTED, *COUNTED]).columns
    assert list(useless_columns(Frame("two", columns, [Part("a.csv", 20), Part("b.csv", 20)]), ["a"]))
    assert not list(useless_columns(Frame("one", columns, [Part("a.csv", 40)]), ["a"]))


def test_different_whole_numbers_that_are_called_ids_are_left_out(make_frame):
    assert "an identifier" in reasons(make_frame(PassengerId=MIXED))["PassengerId"]


@pytest.mark.parametrize(
    ("name", "cells"),
    [("year", COUNTED), ("size", MIXED), ("id", [*MIXED[:-1], MIXED[0]]), ("id", [n + 0.5 for n in MIXED])],
)
def test_other_numbers_are_kept(make_frame, name, cells):
    assert reasons(make_frame(**{name: cells})) == {}


def test_of_very_few_rows_one_two_three_may_be_anything(make_frame):
    assert reasons(make_frame(a=[1.0, 2.0, 3.0])) == {}
