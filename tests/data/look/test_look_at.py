"""A look at whole files."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tuner.data.look.goal import guessed_target
from tuner.errors import DataError

N = 60


def rows(random) -> dict[str, object]:
    return {"size": random.normal(size=N), "town": random.choice(["Ulm", "Bonn", "Trier"], N)}


def kinds(look) -> dict[str, str]:
    return {each.column: each.kind for each in look.columns}


def test_a_plain_table_needs_nothing_said(look, random):
    seen = look(**rows(random))
    assert kinds(seen) == {"size": "number", "town": "category"}
    assert (seen.rows, seen.inputs, seen.goal.task) == (N, 4, "binary")
    assert not [*seen.missing, *seen.types, *seen.drop, *seen.leaks, *seen.suggestions, *seen.cautions, *seen.reading]
    assert [each.words.split(":")[0] for each in seen.columns if each.kind == "category"] == ["3 levels"]


def test_a_column_of_decimal_commas_and_a_word_for_nothing_is_of_numbers(look):
    lines = ["a;b;y", *(f"{n},5;{n * 7 % 11};{n % 2}" for n in range(50)), "unbekannt;3;1"]
    seen = look(text="\n".join(lines))
    assert kinds(seen) == {"a": "number", "b": "number"}
    assert [each.value for each in seen.missing] == ["unbekannt"]
    assert seen.columns[0].missing == 1
    assert [*seen.reading] == ["semicolons between columns", "a comma in decimals"]


def test_markers_of_several_columns_are_named_once(look, random):
    numbers = np.round(random.normal(50, 9, (2, N)), 2).astype(str)
    numbers[:, :7] = "unknown"
    seen = look(a=numbers[0], b=numbers[1])
    [marker] = seen.missing
    assert marker.reason == '7 rows of "a" (12 %), which holds numbers; and in 1 more column'
    assert kinds(seen) == {"a": "number", "b": "number"}


def test_a_text_that_means_something_elsewhere_is_no_marker(look, random):
    mistaken = np.round(random.normal(50, 9, N), 2).astype(str)
    mistaken[3] = "A"
    seen = look(a=mistaken, grade=random.choice(["A", "B", "C"], N), b=random.normal(size=N))
    assert not seen.missing
    assert 'but is a value of "grade" too' in seen.cautions[0]
    assert [each.column for each in seen.drop] == ["a"]


def test_letters_of_windows_are_read_and_the_encoding_is_to_be_stated(look):
    text = "\n".join(["größe,ort,y", *(f"{n * 7 % 11},{'Köln' if n % 3 else 'Ulm'},{n % 2}" for n in range(40))])
    seen = look(text=text.encode("cp1252"))
    assert seen.encoding == "cp1252"
    assert [*kinds(seen)] == ["größe", "ort"]
    assert look(text=text).encoding is None


def test_a_file_without_a_header_says_so(look):
    seen = look("-1", text="\n".join(f"{n * 7 % 11}.5,{n % 5},{n % 2}" for n in range(40)))
    assert [*seen.reading] == ["no header, so that columns are called 1, 2, 3, ..."]
    assert (seen.goal.column, [*kinds(seen)]) == ("3", ["1", "2"])


@pytest.mark.parametrize(("stated", "column"), [("2", "b"), ("-1", "y"), ("a", "a")])
def test_the_target_is_named_or_counted(look, random, stated, column):
    columns = {"a": random.normal(size=N), "b": random.normal(size=N), "c": random.normal(size=N)}
    assert look(stated, **columns).goal.column == column


@pytest.mark.parametrize("stated", ["0", "5", "-5", "z"])
def test_a_target_that_is_not_there_is_refused(look, random, stated):
    with pytest.raises(DataError, match=f'has no column "{stated}", which is the target; there are size, town, y'):
        look(stated, **rows(random))


def test_without_a_target_the_columns_are_listed_and_the_likely_one_is_named(look, random):
    with pytest.raises(DataError) as caught:
        look(None, **rows(random))
    assert "there are size, town, y. Did you mean" in str(caught.value)
    assert guessed_target(["a", "SalePrice", "b"])[0] == "SalePrice"
    assert guessed_target(["a", "is_fraud", "b"])[0] == "is_fraud"
    assert guessed_target(["a", "b", "c"]) == ("c", "the last column")


@pytest.mark.parametrize(
    ("target", "task", "reason"),
    [
        (["a", "b", "c"] * 20, "multiclass", '3 different texts: "a", "b", "c"'),
        ([0, 1] * 30, "binary", '2 different whole numbers: "0", "1"'),
        ([0, 1, 2] * 20, "multiclass", 'if they are amounts, "regression"'),
        ([*range(60)], "regression", "60 different values, numbers from 0 to 59"),
        ([0.5, 1.5, 2.5] * 20, "regression", "3 different values"),
    ],
)
def test_the_task_is_guessed_and_the_reason_given(look, random, target, task, reason):
    goal = look(a=random.normal(size=N), y=target).goal
    assert goal.task == task
    assert reason in goal.reason


def test_rows_of_each_class_are_counted_the_most_frequent_first(look, random):
    assert dict(look(a=random.normal(size=N), y=["a"] * 10 + ["b"] * 50).goal.counts) == {"b": 50, "a": 10}


def test_values_far_outside_are_seen_in_columns_and_in_the_target(look, random):
    values = random.normal(size=N)
    far = np.where(np.arange(N) == 3, 1e4, values)
    seen = look(a=far, b=random.normal(size=N), y=far + random.normal(size=N))
    assert [*seen.tailed] == ["a"]
    assert seen.goal.skewed
    assert not look(b=random.normal(size=N), y=values).goal.skewed


def test_test_rows_are_read_alike_but_not_looked_at(look, random):
    weights = np.round(random.normal(50, 9, N), 2).astype(str)
    more = {"a": ["unknown"] * 5, "b": [1.0] * 5, "y": ["no"] * 5}
    seen = look(a=weights, b=random.normal(size=N), test=more)
    assert seen.rows == N
    assert [each.value for each in seen.missing] == ["unknown"]


def test_where_nothing_is_left_to_learn_from_it_is_said_why(look):
    with pytest.raises(DataError, match=r'no column to learn from.*"a" is constant: 5 in every row'):
        look(a=[5] * 30, y=["no", "yes"] * 15)


def test_a_leak_is_a_suspicion_and_no_column_is_left_out_for_it(look, random):
    y = random.choice(["no", "yes"], N)
    seen = look(a=random.normal(size=N), b=np.where(y == "yes", "closed", "open"), y=y)
    assert [each.column for each in seen.leaks] == ["b"]
    assert not seen.drop


def test_iso_dates_and_others_are_dates(look):
    days = pd.date_range("2026-01-01", periods=N)
    seen = look(a=days.strftime("%Y-%m-%d"), b=days.strftime("%d.%m.%Y"), c=range(0, 2 * N, 2))
    assert kinds(seen) == {"a": "date", "b": "date", "c": "number"}
    assert seen.columns[1].words == "2026-01-01 to 2026-03-01"
    assert [each.role for each in seen.suggestions] == ["time", "time"]
