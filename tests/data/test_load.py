from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.data.load import load_table
from tuner.errors import DataError
from tuner.study.data_settings import DataSettings


def read(path, target="y", task="auto"):
    return load_table(DataSettings(path=path.name, target=target, task=task), root=path.parent)


def complaint(path, target="y", task="auto") -> str:
    with pytest.raises(DataError) as caught:
        read(path, target, task)
    return str(caught.value)


def test_a_plain_file_of_numbers_becomes_a_table(write_csv):
    table = read(write_csv("a,y,b\n1,no,2.5\n-3e2,yes,4\n"))
    assert table.x.tolist() == [[1.0, 2.5], [-300.0, 4.0]]
    assert [feature.name for feature in table.features] == ["a", "b"]
    assert (table.y.tolist(), table.classes) == ([0, 1], ("no", "yes"))
    assert (table.task, table.name) == ("binary", "train.csv")


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=20))
def test_every_number_is_read_to_the_last_bit(tmp_path_factory, numbers):
    path = tmp_path_factory.mktemp("csv") / "f.csv"
    path.write_text("a,y\n" + "".join(f"{number!r},{row % 2}\n" for row, number in enumerate(numbers)))
    np.testing.assert_array_equal(read(path).x[:, 0], numbers)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("y\n1\n2\n", r'has one column only, "y".* separated by commas\.$'),
        ("a,b,Yield\n1,2,3\n", r'has no column "yield", which is the target; there are a.* Did you mean "Yield"\?'),
        ("a,b,yield\n1,2,3\n1,2,\n", 'row 3, column "yield" has no value'),
        ("b,yield\n" + "".join(f"{row},{row % 2}\n" for row in range(30)) + "red,0\n", 'row 32, column "b" is "red"'),
        ("a,b,yield\n1,2,0\n2,-inf,1\n", 'row 3, column "b" has an infinite number'),
        ("a,b,yield\n1,2,0\n2,1e999,1\n", 'row 3, column "b" has an infinite number'),
        ("a,b,yield\n1,2,0\n2,3,0\n", 'column "yield" is "0" in every row'),
    ],
)
def test_what_cannot_be_used_is_named_with_its_place(write_csv, text, message):
    with pytest.raises(DataError, match=rf"^train\.csv: .*{message}"):
        read(write_csv(text), target="yield")


def test_a_very_wide_table_is_not_listed_in_full(write_csv):
    names = ",".join(f"f{number}" for number in range(30))
    assert complaint(write_csv(f"{names}\n{names}\n"), "label").endswith("f18, f19 and 10 more.")


def test_every_column_with_a_mistake_is_named_at_once(write_csv):
    assert complaint(write_csv("a,b,y\n1,,5\ninf,4,9\n3,4,\n")).splitlines() == [
        'train.csv: row 4, column "y" has no value. A row without a target teaches nothing: fill it in, or leave out '
        "the row.",
        'train.csv: row 3, column "a" has an infinite number. Mend it, or leave out its row.',
    ]


def test_very_many_mistakes_are_counted_and_not_all_named(write_csv):
    header = ",".join(f"f{number}" for number in range(9))
    lines = complaint(write_csv(f"{header},y\n{'inf,' * 9}1\n{'1,' * 9}2\n")).splitlines()
    assert len(lines) == 6
    assert lines[-1] == "train.csv: 4 more columns cannot be used"


def test_several_files_make_one_table(tmp_path: Path):
    (tmp_path / "a.csv").write_text("a,y\n1,no\n2,yes\n")
    (tmp_path / "b.csv").write_text("y,a\nmaybe,3\n")
    table = load_table(DataSettings(path=("a.csv", "b.csv"), target="y"), root=tmp_path)
    assert (table.x.tolist(), table.classes) == ([[1.0], [2.0], [3.0]], ("maybe", "no", "yes"))


def test_positions_are_those_of_the_file_whatever_is_dropped(write_csv):
    path = write_csv("id,a,note,y\n1,5,x,0\n2,6,y,1\n")
    settings = DataSettings(path=path.name, target=4, drop=("id", 3), task="binary")
    table = load_table(settings, root=path.parent)
    assert [feature.name for feature in table.features] == ["a"]
    assert table.classes == ("0", "1")


def test_positions_are_those_of_the_first_file_in_the_others_too(write_csv):
    path = write_csv("id,a,y\n1,5,0\n2,6,1\n")
    write_csv("y,a,id\n1,7,3\n", "test.csv")
    settings = DataSettings(path=path.name, test_path="test.csv", target=-1, drop=(1,))
    table = load_table(settings, root=path.parent)
    assert table.x.tolist() == [[5.0], [6.0], [7.0]]
    assert table.fixed.tolist() == [0, 0, 2]


def test_what_needs_a_role_cannot_be_dropped(write_csv):
    with pytest.raises(DataError, match='column "y" is in drop, but is needed'):
        load_table(DataSettings(path=write_csv("a,y\n1,0\n2,1\n").name, target=2, drop=("y",)), root=Path())


def test_a_column_without_a_name_is_refused_with_what_leaves_it_out(write_csv):
    path = write_csv(",a,y\n0,5,0\n1,6,1\n")
    said = complaint(path)
    assert said == (
        "train.csv: column 1 has no name. Give it one; or, if it counts the rows, leave it out with "
        'drop = ["unnamed 1"] (pandas writes none with index=False).'
    )
    table = load_table(DataSettings(path=path.name, target="y", drop=("unnamed 1",)), root=path.parent)
    assert [feature.name for feature in table.features] == ["a"]
