import math

import pandas as pd
import pytest

from tuner.data.column import Column, number_of
from tuner.errors import DataError


@pytest.mark.parametrize("cell", ["", "red", "1_000", "1,5", "0x10", "nan", math.nan, True, None])
def test_what_nobody_would_call_a_number_is_none(cell):
    assert number_of(cell) is None


@pytest.mark.parametrize(
    ("cell", "number"), [(" 1.5 ", 1.5), ("-2e3", -2000.0), (3, 3.0), ("inf", math.inf), (10**400, math.inf)]
)
def test_numbers_are_read_however_they_are_written(cell, number):
    assert number_of(cell) == number


def test_a_complaint_names_file_row_and_column():
    column = Column("data/a.csv", "age", pd.Series([1.0, 2.0]), 2)
    assert str(column.complaint("is odd", 1)) == 'data/a.csv: row 3, column "age" is odd'
    assert str(column.complaint("is odd")) == 'data/a.csv: column "age" is odd'


def test_missing_values_are_counted_and_the_first_is_named():
    column = Column("a.csv", "age", pd.Series([1.0, None, None]), 2)
    with pytest.raises(DataError, match='row 3, column "age" has no value, and neither in 1 more'):
        column.check_no_value_missing()
