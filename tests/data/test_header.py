import io

import pytest

from tuner.data.header import check_header, read_header
from tuner.errors import DataError


def test_a_header_is_the_first_row_that_is_not_blank_and_the_rows_follow_it():
    file = io.StringIO('\n  \n a, "b, c" ,y\n1,2,3\n', newline="")
    assert read_header(file, "a.csv") == (["a", "b, c", "y"], 3)
    assert file.read() == "1,2,3\n"


def test_a_header_with_features_and_a_target_is_fine():
    check_header(["a", "y"], "a.csv", "y")


def test_a_very_wide_header_is_not_listed_in_full():
    with pytest.raises(DataError) as caught:
        check_header([f"f{number}" for number in range(30)], "a.csv", "label")
    assert str(caught.value).endswith("f18, f19 and 10 more.")
