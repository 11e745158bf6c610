import numpy as np
import pytest

from tuner.data.table import Feature, Table
from tuner.errors import DataError

X = np.ones((4, 2))
Y = np.array([0, 1, 0, 1], dtype=np.int32)
FEATURES = (Feature("a"), Feature("b"))


def test_a_table_counts_its_rows():
    assert Table("t", X, Y, FEATURES, "binary", ("no", "yes")).rows == 4


@pytest.mark.parametrize(
    ("x", "y", "features", "task", "classes", "message"),
    [
        (X, Y[:3], FEATURES, "binary", ("no", "yes"), r"x \[4, 2\].*y \[3\]"),
        (X, Y, FEATURES[:1], "binary", ("no", "yes"), "1 feature names"),
        (X[:0], Y[:0], FEATURES, "binary", ("no", "yes"), "must have rows and features"),
        (X[:, :0], Y, (), "binary", ("no", "yes"), "must have rows and features"),
        (np.full((4, 2), np.inf), Y, FEATURES, "binary", ("no", "yes"), "finite"),
        (X, np.full(4, np.inf), FEATURES, "regression", (), "finite"),
        (X, Y, FEATURES, "regression", ("no", "yes"), "regression target has 2 class names"),
        (X, Y, FEATURES, "binary", (), "binary target has 0 class names"),
        (X, Y + 1, FEATURES, "binary", ("no", "yes"), "0 to 1, but are 1 to 2"),
    ],
)
def test_a_table_that_does_not_fit_together_is_refused(x, y, features, task, classes, message):
    with pytest.raises(DataError, match=message):
        Table("t", x, y, features, task, classes)


def test_missing_values_are_allowed_in_features_only():
    assert np.isnan(Table("t", np.full((4, 2), np.nan), Y, FEATURES, "binary", ("no", "yes")).x).all()
    with pytest.raises(DataError, match="finite"):
        Table("t", X, np.full(4, np.nan), FEATURES, "regression")


def test_columns_are_found_by_what_they_are():
    table = Table("t", X, Y, (Feature("a", "date"), Feature("b", "category", ("x",))), "binary", ("no", "yes"))
    assert (table.columns_of("date"), table.columns_of("number"), table.columns_of("category", "date")) == (
        [0],
        [],
        [0, 1],
    )
