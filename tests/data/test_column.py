import math

import numpy as np
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


def test_a_complaint_names_file_row_and_column(make_frame):
    column = Column(make_frame(age=[1.0, 2.0]), "age")
    assert str(column.complaint("is odd", 1)) == 't.csv: row 3, column "age" is odd'
    assert str(column.complaint("is odd")) == 't.csv: column "age" is odd'


def test_missing_values_are_counted_and_the_first_is_named(make_frame):
    column = Column(make_frame(age=[1.0, None, None]), "age")
    with pytest.raises(DataError, match='row 3, column "age" has no value, and neither in 1 more'):
        column.check_no_value_missing()


@pytest.mark.parametrize("cells", [[1, 2, None], ["1", "2.0", None], ["1e0", "2", None]])
def test_numbers_come_out_as_float64_with_nan_where_one_is_missing(make_frame, cells):
    values = Column(make_frame(age=cells), "age").numbers("but should not be asked")
    assert values.dtype == np.float64
    np.testing.assert_array_equal(values, [1.0, 2.0, np.nan])


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["1", "red", "2", "blue"], 'row 3, column "age" is "red" [(]as are "blue" in row 5[)], but mend it'),
        (["x", "x", "x", "x", "x"], r'row 2, column "age" is "x" [(]as are "x" in row 3, "x" in row 4 and 2 more[)]'),
        (["1", "9" * 400], 'row 3, column "age" has an infinite number'),
        ([1.0, 2.0, -math.inf], 'row 4, column "age" has an infinite number'),
    ],
)
def test_what_is_no_finite_number_is_named_with_its_first_rows(make_frame, cells, message):
    with pytest.raises(DataError, match=message):
        Column(make_frame(age=cells), "age").numbers("but mend it")
