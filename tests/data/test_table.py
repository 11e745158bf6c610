import numpy as np
import pytest

from tuner.data.table import Table
from tuner.errors import DataError

X = np.ones((4, 2))
Y = np.array([0, 1, 0, 1], dtype=np.int32)


def test_a_table_counts_its_rows():
    assert Table("t", X, Y, ("a", "b"), "binary", ("no", "yes")).rows == 4


@pytest.mark.parametrize(
    ("x", "y", "features", "task", "classes", "message"),
    [
        (X, Y[:3], ("a", "b"), "binary", ("no", "yes"), r"x \[4, 2\].*y \[3\]"),
        (X, Y, ("a",), "binary", ("no", "yes"), "1 feature names"),
        (X[:0], Y[:0], ("a", "b"), "binary", ("no", "yes"), "must have rows and features"),
        (X[:, :0], Y, (), "binary", ("no", "yes"), "must have rows and features"),
        (np.full((4, 2), np.nan), Y, ("a", "b"), "binary", ("no", "yes"), "finite"),
        (X, np.full(4, np.inf), ("a", "b"), "regression", (), "finite"),
        (X, Y, ("a", "b"), "regression", ("no", "yes"), "regression target has 2 class names"),
        (X, Y, ("a", "b"), "binary", (), "binary target has 0 class names"),
        (X, Y + 1, ("a", "b"), "binary", ("no", "yes"), "0 to 1, but are 1 to 2"),
    ],
)
def test_a_table_that_does_not_fit_together_is_refused(x, y, features, task, classes, message):
    with pytest.raises(DataError, match=message):
        Table("t", x, y, features, task, classes)
