import io

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tuner.data.sources import read_frame
from tuner.errors import DataError
from tuner.study.data_settings import DataSettings


@pytest.fixture
def read_all(tmp_path):
    def read_all(*texts, as_text=(), drop=()):
        names = []
        for index, text in enumerate(texts):
            names.append(f"{index}.csv" if isinstance(text, str) else f"{index}.parquet")
            (tmp_path / names[-1]).write_bytes(text.encode() if isinstance(text, str) else text)
        return read_frame(DataSettings(path=tuple(names), target="y"), names, root=tmp_path, as_text=as_text, drop=drop)

    return read_all


def test_rows_follow_in_the_order_of_the_files_and_each_is_found_again(read_all, values):
    frame = read_all("a,y\n1,no\n2,yes\n", "\ny,a\nmaybe,3\n\nno,4\n")
    assert values(frame) == {"a": [1.0, 2.0, 3.0, 4.0], "y": ["no", "yes", "maybe", "no"]}
    assert [frame.place(row) for row in range(4)] == ["0.csv: row 2", "0.csv: row 3", "1.csv: row 3", "1.csv: row 4"]
    assert (frame.name, frame.rows) == ("0.csv and 1 more", 4)


@pytest.mark.parametrize(
    ("files", "cells"),
    [
        (("a,y\n01,x\n", "a,y\nred,x\n"), ["01", "red"]),
        (("a,y\nred,x\n", "a,y\n1.0,x\n"), ["red", "1.0"]),
        (("a,y\n2020-01-01,x\n", "a,y\n7,x\n"), ["2020-01-01", "7"]),
        (("a,y\n,x\n", "a,y\nred,x\n"), [None, "red"]),
        (("a,y\n,x\n", "a,y\n1,x\n"), [None, 1.0]),
        (("a,y\n,x\n", "a,y\n2020-01-01,x\n"), [pd.NaT, pd.Timestamp("2020-01-01")]),
        (("a,y\n2020-01-01,x\n", "a,y\n2020-01-01T00:00:00.5,x\n"),
         [pd.Timestamp("2020-01-01"), pd.Timestamp("2020-01-01T00:00:00.5")]),
        (("a,y\n,x\n", "a,y\n,x\n"), [None, None]),
    ],
)  # fmt: skip
def test_a_column_is_of_one_kind_in_all_files(read_all, values, files, cells):
    expected = [None if cell is pd.NaT else cell for cell in cells]
    assert values(read_all(*files))["a"] == expected


def test_files_of_different_formats_are_joined(read_all, values):
    file = io.BytesIO()
    pq.write_table(pa.table({"y": ["x"], "a": [1]}), file)
    assert values(read_all("a,y\nred,x\n", file.getvalue())) == {"a": ["red", "1"], "y": ["x", "x"]}


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ("ag,y\n1,2\n", '1.csv: has no column "age", which 0.csv has. Did you mean "ag"?'),
        ("age,b,y\n1,2,3\n", '1.csv: has a column "b", which 0.csv has not'),
    ],
)
def test_a_file_of_other_columns_is_named(read_all, other, message):
    with pytest.raises(DataError) as caught:
        read_all("age,y\n1,2\n", other)
    assert str(caught.value) == message


def test_columns_that_are_dropped_may_differ(read_all):
    assert [*read_all("a,b,y\n1,2,3\n", "a,y,c\n1,2,3\n", drop=["b", "c"]).columns] == ["a", "y"]


def test_without_files_there_is_no_table(read_all):
    with pytest.raises(DataError, match="no file of rows is named"):
        read_frame(DataSettings(path="a.csv", target="y"), [], root=None)
