"""Columns that alone predict the target."""

from __future__ import annotations

import numpy as np
import pytest

from tuner.data.look.leaks import MOST_ROWS, suspected_leaks
from tuner.data.table import Feature, Table


def table(y, *columns, kinds=(), classes=("no", "yes")) -> Table:
    kinds = kinds or ["number"] * len(columns)
    features = tuple(
        Feature(f"f{index}", kind, tuple(map(str, range(99))) if kind == "category" else ())
        for index, kind in enumerate(kinds)
    )
    task = "regression" if not classes else "binary" if len(classes) == 2 else "multiclass"
    return Table("t", np.column_stack(columns).astype(float), y, features, task, classes)


def found(table: Table) -> list[str]:
    return [each.column for each in suspected_leaks(table, np.arange(table.rows))]


def classes(random, rows=400, share=0.1) -> np.ndarray:
    return (random.random(rows) < share).astype(np.int32)


def test_a_column_that_tells_two_classes_apart_is_a_suspect_and_others_are_not(random):
    y = classes(random)
    noise, near = random.normal(size=400), y + 0.8 * random.normal(size=400)
    [leak] = suspected_leaks(table(y, noise, 3.0 * y + 0.1 * random.random(400), near), np.arange(400))
    assert (leak.column, leak.measure, leak.rows) == ("f1", "area under the ROC curve", 400)
    assert leak.figure >= 0.999
    assert "alone predicts the target: area under the ROC curve 1.0000" in str(leak)


def test_that_a_value_is_missing_can_give_the_target_away(random):
    y = classes(random)
    assert found(table(y, np.where(y == 1, random.normal(size=400), np.nan))) == ["f0"]


def test_a_category_can_give_the_target_away(random):
    y = classes(random, share=0.5)
    assert found(table(y, 2 * random.integers(0, 9, 400) + y, kinds=["category"])) == ["f0"]


def test_rare_classes_do_not_make_a_suspect_of_a_column_that_is_right_about_the_rest(random):
    assert found(table(classes(random, share=0.02), np.zeros(400))) == []


def test_more_classes_are_told_apart_each_by_itself(random):
    y = random.integers(0, 3, 400).astype(np.int32)
    mixed = np.where(y == 2, 1, y)
    assert found(table(y, mixed, 10.0 * y, classes=("a", "b", "c"))) == ["f1"]


@pytest.mark.parametrize("rows", [40, 400])
def test_numbers_can_be_predicted_by_a_straight_line(random, rows):
    y = random.normal(50, 9, rows)
    assert found(table(y, 1.8 * y + 32, y + random.normal(size=rows), classes=())) == ["f0"]


def test_numbers_can_be_predicted_by_any_curve_or_steps(random):
    x = random.random(2000)
    table_of_curves = table(np.exp(3 * x), x, np.round(9 * x), random.random(2000), classes=())
    assert found(table_of_curves) == ["f0"]
    steps = random.integers(0, 40, 2000)
    assert found(table(random.normal(size=40)[steps], steps, kinds=["category"], classes=())) == ["f0"]


def test_of_many_rows_a_sample_is_looked_at(random):
    y = classes(random, rows=50_000)
    [leak] = suspected_leaks(table(y, y), np.arange(50_000))
    assert leak.rows == MOST_ROWS


def test_of_very_few_rows_nothing_is_said(random):
    y = np.tile([0, 1], 14).astype(np.int32)
    assert found(table(y, y)) == []


def test_only_the_given_rows_are_looked_at(random):
    y = classes(random, rows=200)
    x = np.where(np.arange(200) < 100, y, 0.0)
    assert [each.column for each in suspected_leaks(table(y, x), np.arange(100))] == ["f0"]
    assert found(table(y, x)) == []
