import pytest

from tuner.data.sources.names import check_names
from tuner.errors import DataError


def test_columns_with_a_name_of_their_own_are_fine():
    check_names(["a", "y"], "a.csv")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["", "a"], "a.csv: column 1 has no name.*index=False"),
        (["a", "b", "a"], 'a.csv: has two columns "a"'),
        ([], "a.csv: has no columns$"),
    ],
)
def test_columns_without_a_name_of_their_own_are_told(names, message):
    with pytest.raises(DataError, match=message):
        check_names(names, "a.csv")


def test_columns_that_are_dropped_are_not_complained_about():
    check_names(["a", "b", "a"], "a.csv", drop=["a"])
    with pytest.raises(DataError, match="has no columns beside those that are dropped"):
        check_names(["a"], "a.csv", drop=["a"])
