"""Which format dates have."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tuner.data.look.cells import Levels
from tuner.data.look.dates import best_format, fitting_formats, in_digits, likelier

BOTH = ["%d/%m/%Y", "%m/%d/%Y"]


def cells(*texts: str) -> pd.Series:
    return pd.Series(pd.Categorical(texts))


def test_dates_that_can_be_read_in_two_ways_fit_both():
    assert fitting_formats(["03/04/2026", "05/06/2026"]) == BOTH
    assert fitting_formats(["03/04/2026", "25/06/2026"]) == ["%d/%m/%Y"]


def test_another_column_without_doubt_decides():
    form, why = likelier(cells("03/04/2026", "05/06/2026"), BOTH, ["%m/%d/%Y %H:%M"])
    assert form == "%m/%d/%Y"
    assert "another column" in why


@pytest.mark.parametrize(
    ("texts", "form"),
    [
        (["01/10/2026", "01/11/2026", "02/01/2026"], "%m/%d/%Y"),
        (["10/01/2026", "11/01/2026", "01/02/2026"], "%d/%m/%Y"),
    ],
)
def test_the_reading_in_which_rows_are_in_order_is_likelier(texts, form):
    found, why = likelier(cells(*texts), BOTH, [])
    assert found == form
    assert "in order" in why


def test_the_reading_in_which_dates_lie_close_together_is_likelier():
    form, why = likelier(cells("03/04/2026", "03/02/2026", "03/09/2026"), BOTH, [])
    assert form == "%m/%d/%Y"
    assert "within 7 days" in why


def test_without_evidence_the_day_comes_first_and_that_is_said():
    form, why = likelier(cells("03/04/2026", "05/02/2026", "02/05/2026"), BOTH, [])
    assert form == "%d/%m/%Y"
    assert "nothing in the file tells which" in why


def test_the_format_that_fits_most_rows_is_the_best():
    levels = Levels(("31.01.2026", "28.02.2026", "soon"), np.array([5, 5, 1]))
    assert best_format(levels).form == "%d.%m.%Y"
    assert best_format(levels).fits.tolist() == [True, True, False]


def test_numbers_are_no_iso_dates():
    assert not best_format(Levels(("2024", "2025", "12"), np.array([1, 1, 1]))).fits.any()


def test_whole_numbers_can_be_dates_but_not_any():
    assert in_digits(np.array([20260101.0 + day for day in range(31)]))
    assert not in_digits(np.array([20260101.0 + day for day in range(40)])), "there is no 32nd of January"
    assert not in_digits(np.array([20260101.5 + day for day in range(20)]))
