import decimal
import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest


def parquet(table: pa.Table | dict) -> bytes:
    file = io.BytesIO()
    pq.write_table(table if isinstance(table, pa.Table) else pa.table(table), file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (pa.array([1, None, -3], pa.int8()), [1.0, None, -3.0]),
        (pa.array([2**64 - 1, 0], pa.uint64()), [2.0**64, 0.0]),
        (pa.array(np.array([0.5, 2], np.float16)), [0.5, 2.0]),
        (pa.array([0.5, float("nan"), None], pa.float32()), [0.5, None, None]),
        (pa.array([decimal.Decimal("0.1"), None]), [0.1, None]),
        (pa.nulls(2), [None, None]),
        (pa.array([5, None, 6]).dictionary_encode(), [5.0, None, 6.0]),
    ],
)
def test_numbers_of_every_width_become_float64(read, values, cells, expected):
    frame = read(parquet({"a": cells}), "a.parquet")
    assert (values(frame)["a"], frame.columns["a"].dtype) == (expected, np.float64)


@pytest.mark.parametrize(
    "cells",
    [
        ["x ", None, " x", "NA", "1"],
        pa.array(["x", None, "x", None, "1"], pa.large_string()),
        pa.array(["x", None, "x", None, "1"], pa.string_view()),
        pa.array(["x", None, "x", "", "1"]).dictionary_encode(),
    ],
)
def test_texts_become_categories_even_if_some_look_like_numbers(read, values, cells):
    frame = read(parquet({"a": cells}), "a.pq")
    assert values(frame)["a"] == ["x", None, "x", None, "1"]
    assert frame.columns["a"].cat.categories.tolist() == ["x", "1"]


def test_truth_values_become_categories(read, values):
    assert values(read(parquet({"a": [True, None, False]}), "a.pq"))["a"] == ["true", None, "false"]


@pytest.mark.parametrize(
    ("kind", "moment"),
    [
        (pa.date32(), "1970-01-02"),
        (pa.date64(), "1970-01-02"),
        (pa.timestamp("s"), "1970-01-01T00:00:01"),
        (pa.timestamp("ns"), "1970-01-01T00:00:00.000000001"),
        (pa.timestamp("s", "Europe/Berlin"), "1970-01-01T00:00:01"),
    ],
)
def test_dates_are_dates_and_those_with_a_zone_are_in_utc(read, kind, moment):
    cells = pa.array([86_400_000 if kind == pa.date64() else 1, None], kind)
    column = read(parquet({"a": cells}), "a.pq").columns["a"]
    assert column.dtype.kind == "M"
    assert (column.to_numpy()[0] == np.datetime64(moment), column.isna().tolist()) == (True, [False, True])


def test_numbers_to_keep_as_text_are_spelled_exactly(read, values):
    cells = {"i": [2**60 + 1, None, -999], "f": [1.0, 0.1, None], "d": pa.array([0, 1, None], pa.date32())}
    frame = read(parquet(cells), "a.pq", as_text=[*cells], missing=(-999,))
    assert values(frame) == {
        "i": [str(2**60 + 1), None, None],
        "f": ["1", "0.1", None],
        "d": ["1970-01-01", "1970-01-02", None],
    }


def test_markers_of_missing_values_hold_here_too(read, values):
    frame = read(parquet({"a": [1.0, -999.0], "b": ["x", " unknown"]}), "a.pq", missing=("unknown", "-999"))
    assert values(frame) == {"a": [1.0, None], "b": ["x", None]}


@pytest.mark.parametrize("kind", [pa.list_(pa.int8()), pa.struct({"b": pa.int8()}), pa.binary(), pa.duration("s")])
def test_what_is_no_column_of_a_table_is_told_and_can_be_dropped(read, complaint, values, kind):
    data = parquet({"a": pa.array([None], kind), "b": [1]})
    message = complaint(data, "a.pq")
    assert message.startswith(f'a.pq: column "a" is of type {str(kind).split("<")[0]}')
    assert 'but should hold numbers, texts, truth values or dates. Leave it out with drop = ["a"]' in message
    assert values(read(data, "a.pq", drop=["a"])) == {"b": [1.0]}


def test_the_numbers_of_rows_that_pandas_writes_down_are_no_column(read):
    file = io.BytesIO()
    pd.DataFrame({"a": [1, 2, 3]})[1:].to_parquet(file)
    assert [*read(file.getvalue(), "a.pq").columns] == ["a"]


def test_a_file_that_is_none_or_cut_off_is_told(complaint):
    assert "is no Parquet file" in complaint(b"a,y\n1,2\n", "a.parquet")
    assert "is cut off" in complaint(parquet({"a": [1]})[:-2], "a.parquet")
    assert "has columns, but no rows" in complaint(parquet({"a": pa.array([], pa.int8())}), "a.parquet")
    assert "cannot be read as .parquet" in complaint(b"PAR1" + b"\xff" * 40 + b"PAR1", "a.parquet")


def test_a_small_file_of_very_much_is_refused_before_it_fills_the_memory(read, complaint):
    data = parquet({"a": np.zeros(1_000_000)})
    assert len(data) < 50_000
    assert "unpacks to 7.6 MiB, more than the 4.0 MiB that are read at most" in complaint(
        data, "a.pq", most_bytes=2**22
    )
    assert read(data, "a.pq", most_bytes=2**23).rows == 1_000_000
