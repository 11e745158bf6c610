import numpy as np
import pytest

from tuner.data.row_numbers import read_row_numbers
from tuner.errors import DataError


def test_a_text_and_an_array_name_rows(tmp_path):
    (tmp_path / "rows.txt").write_text("\ufeff7\n0\r\n3\n")
    np.save(tmp_path / "rows.npy", np.array([7, 0, 3]))
    for name in ("rows.txt", "rows.npy"):
        assert read_row_numbers(name, tmp_path, 8).tolist() == [0, 3, 7]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "should hold whole numbers"),
        (b"1\n8\n", "names row 8, but the rows go from 0 to 7"),
        (b"1\n-2\n", "entry 2 is '-2', but should be the number of a row"),
        (b"1\n1\n", "names 1 rows twice"),
        (b"1\nred\n", "entry 2 is 'red'"),
        (b"\xff\xfe", "is no list of row numbers"),
    ],
)
def test_what_names_no_rows_is_refused(tmp_path, content, message):
    (tmp_path / "rows.txt").write_bytes(content)
    with pytest.raises(DataError, match=f"^rows.txt: .*{message}"):
        read_row_numbers("rows.txt", tmp_path, 8)


@pytest.mark.parametrize("array", [np.ones((2, 2), int), np.array([0.5]), np.array([], int), np.array([-1])])
def test_arrays_that_name_no_rows_are_refused(tmp_path, array):
    np.save(tmp_path / "rows.npy", array)
    with pytest.raises(DataError, match=r"^rows\.npy: "):
        read_row_numbers("rows.npy", tmp_path, 8)


def test_pickles_and_missing_files_are_refused(tmp_path):
    np.save(tmp_path / "rows.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="is no list of row numbers"):
        read_row_numbers("rows.npy", tmp_path, 8)
    with pytest.raises(DataError, match="there is no such file"):
        read_row_numbers("lost.txt", tmp_path, 8)
