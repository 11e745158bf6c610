import numpy as np
import pandas as pd
import pytest

from tuner.data.column import Column
from tuner.data.features import feature_values
from tuner.errors import DataError


def column(*cells, dtype=None):
    return Column("a.csv", "age", pd.Series(cells, dtype=dtype), 2)


@pytest.mark.parametrize("cells", [(1, 2), (1.0, 2.0), ("1", "2"), ("1 ", "2e0")])
def test_numbers_become_float64(cells):
    values = feature_values(column(*cells))
    assert values.dtype == np.float64
    assert values.tolist() == [1.0, 2.0]


def test_an_integer_of_many_digits_is_a_number():
    assert feature_values(column("12345678901234567890123", "4")).tolist() == [1.2345678901234568e22, 4.0]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (("1", "red", "blue"), r'row 3, column "age" is "red", but features must be numbers'),
        ((True, False), r'row 2, column "age" is "True", but features must be numbers'),
        ((1.0, np.nan), r'row 3, column "age" has no value'),
        ((1.0, 2.0, -np.inf), r'row 4, column "age" has an infinite number'),
        (("1", "9" * 400), r'row 3, column "age" has an infinite number'),
    ],
)
def test_what_is_no_finite_number_is_refused_with_its_first_row(cells, message):
    with pytest.raises(DataError, match=message):
        feature_values(column(*cells))
