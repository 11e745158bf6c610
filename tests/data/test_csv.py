from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.data.csv import read_csv
from tuner.errors import DataError


def read(path, target="y", task=None):
    return read_csv(path, name="data/train.csv", target=target, task=task)


def complaint(path, target="y", task=None) -> str:
    with pytest.raises(DataError) as caught:
        read(path, target, task)
    return str(caught.value)


def test_a_plain_file_of_numbers_becomes_a_table(write_csv):
    table = read(write_csv("a,y,b\n1,no,2.5\n-3e2,yes,4\n"))
    assert table.x.tolist() == [[1.0, 2.5], [-300.0, 4.0]]
    assert (table.features, table.y.tolist(), table.classes) == (("a", "b"), [0, 1], ("no", "yes"))
    assert (table.task, table.name) == ("binary", "data/train.csv")


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffa,b,y\n1,2,x\n3,4,z\n",
        "a,b,y\r\n1,2,x\r\n3,4,z\r\n",
        "a,b,y\n1,2,x\n\n3,4,z\n\n\n",
        "\n a, b, y\n 1, 2, x\n3 ,4 ,z ",
        '"a","b","y"\n"1","2","x"\n"3","4","z"\n',
    ],
)
def test_byte_order_marks_line_endings_blanks_and_quotes_do_not_matter(write_csv, text):
    table = read(write_csv(text))
    assert table.x.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert (table.features, table.classes) == (("a", "b"), ("x", "z"))


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=20))
def test_every_number_is_read_to_the_last_bit(tmp_path_factory, numbers):
    path = tmp_path_factory.mktemp("csv") / "f.csv"
    path.write_text("a,y\n" + "".join(f"{number!r},{row % 2}\n" for row, number in enumerate(numbers)))
    np.testing.assert_array_equal(read(path).x[:, 0], numbers)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty, but should have a header row"),
        ("\n \n", "is empty, but should have a header row"),
        ("a,b,yield\n", "has a header, but no rows"),
        ("a;b;y\n1;2;3\n", 'one column only, "a;b;y".* separated by commas. Its columns seem to be separated by semi'),
        ("a\tb\ty\n1\t2\t3\n", "Its columns seem to be separated by tabs"),
        ("y\n1\n2\n", r'has one column only, "y".* separated by commas\.$'),
        ("a,b,Yield\n1,2,3\n", r'has no column "yield", which is the target; there are a.* Did you mean "Yield"\?'),
        (",a,yield\n1,2,3\n", "column 1 has no name.*index=False"),
        ("a,a,yield\n1,2,3\n", 'has two columns "a"'),
        ("a,b,yield\n1,2,3,4\n", "row 2 has 4 values, but the header names 3 columns"),
        ("a,b,yield\n1,2,3\n1,2,3,4\n", "row 3 has 4 values, but the header names 3 columns"),
        ("a,b,yield\n1,2\n1,2,3\n", "row 2 has 2 values, but the header names 3 columns"),
        ("a,b,yield\n1,2,3\n1,2\n", 'row 3, column "yield" has no value'),
        ('a,b,yield\n1,2,"3\n4,5,6\n', "cannot be read as CSV"),
        ("x" * 200_000 + ",yield\n1,2\n", "has no readable header row"),
        ("a,b,yield\n1,red,0\n2,3,1\n", 'row 2, column "b" is "red", but features must be numbers'),
        ("a,b,yield\n1,2,0\n2,NA,1\n", 'row 3, column "b" has no value'),
        ("a,b,yield\n1,2,0\n2,-inf,1\n", 'row 3, column "b" has an infinite number'),
        ("a,b,yield\n1,2,0\n2,1e999,1\n", 'row 3, column "b" has an infinite number'),
        ("a,b,yield\n1,2,0\n2,3,0\n", 'column "yield" is "0" in every row'),
    ],
)
def test_what_cannot_be_used_is_named_with_its_place(write_csv, text, message):
    with pytest.raises(DataError, match=rf"^data/train\.csv: .*{message}"):
        read(write_csv(text), target="yield")


def test_every_column_with_a_mistake_is_named_at_once(write_csv):
    assert complaint(write_csv("a,b,y\n1,,5\ninf,4,9\n3,4,\n")).splitlines() == [
        'data/train.csv: row 3, column "a" has an infinite number. Mend it, or leave out its row.',
        'data/train.csv: row 2, column "b" has no value. Fill it in, or leave out the row or the column.',
        'data/train.csv: row 4, column "y" has no value. Fill it in, or leave out the row or the column.',
    ]


def test_very_many_mistakes_are_counted_and_not_all_named(write_csv):
    header = ",".join(f"f{number}" for number in range(9))
    lines = complaint(write_csv(f"{header},y\n{',' * 9}1\n{',' * 9}2\n")).splitlines()
    assert len(lines) == 6
    assert lines[-1] == "data/train.csv: 4 more columns cannot be used"


def test_a_missing_file_a_folder_and_a_binary_file_are_told_apart(write_csv, tmp_path: Path):
    assert "there is no such file; a relative path starts at the project root" in complaint(tmp_path / "nowhere.csv")
    assert "is a folder" in complaint(tmp_path)
    assert "is not UTF-8 text" in complaint(write_csv(b"\xff\xfea\x00,\x00b\x00"))


def test_a_file_behind_another_file_cannot_be_read(write_csv):
    assert "cannot be read: Not a directory" in complaint(write_csv("a,y\n1,2\n") / "below.csv")
