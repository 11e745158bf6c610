"""Arrow and Python's reader come to the same, and both to what pandas does."""

from __future__ import annotations

import io
import string

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.data.sources import rows
from tuner.data.sources.csv import read_csv
from tuner.data.sources.markers import Markers
from tuner.data.sources.request import Request
from tuner.study.data_settings import DataSettings

# Since 3.1 pandas reads the nearest float64 unasked, and warns whoever asks.
_PANDAS = tuple(int(part) for part in pd.__version__.split(".")[:2])
EXACT_FLOATS = {} if _PANDAS >= (3, 1) else {"float_precision": "round_trip"}

NUMBERS = st.floats(allow_nan=True, allow_infinity=False) | st.integers(-(2**70), 2**70).map(float)
TEXTS = st.text(alphabet=string.ascii_letters + " ,;\"\n'-.é", max_size=8).map(lambda text: f"t{text}t")


def request(**stated) -> Request:
    settings = DataSettings(path="a.csv", target="y", **stated)
    return Request(settings, Markers.stated(settings.missing), frozenset(["y"]), frozenset(), 2**30)


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    count = draw(st.integers(1, 12))
    kinds = draw(st.lists(st.sampled_from([NUMBERS, st.none() | TEXTS]), min_size=1, max_size=4))
    cells = [draw(st.lists(kind, min_size=count, max_size=count)) for kind in kinds]
    y = draw(st.lists(TEXTS, min_size=count, max_size=count))
    return pd.DataFrame({**{f"c{index}": column for index, column in enumerate(cells)}, "y": y})


@given(tables(), st.sampled_from(",;\t|"), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_tables_are_read_as_pandas_reads_them(table, separator, end, quoted):
    text = table.to_csv(index=False, sep=separator, lineterminator=end, quoting=int(quoted), na_rep="NA")
    expected = pd.read_csv(io.StringIO(text, newline=""), sep=separator, **EXACT_FLOATS)
    columns = read_csv(text.encode(), "a.csv", request(separator=separator, header=True)).columns
    assert [*columns] == [*expected.columns]
    for name, column in columns.items():
        if column.dtype == np.float64:
            np.testing.assert_array_equal(column, expected[name].to_numpy(np.float64))
        else:
            assert column.astype(object).where(column.notna(), None).tolist() == [
                None if pd.isna(cell) else str(cell).strip() for cell in expected[name]
            ]


CELLS = st.sampled_from(
    ["1", "-2.5", "+3e2", " 7 ", "", " ", "NA", " NA", "red", "red ", "1_0", "0x1", "inf", "nan", "1e999", "2020-01-01",
     "2020-01-01T00:00:00Z", '"a, b"', '"7"', '"NA"', '"say ""so"""', '5"', "1,5", "é", "-999.0", "true"]
)  # fmt: skip


@given(
    cells=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=6),
    separator=st.sampled_from(",;\t"),
    missing=st.sampled_from([(), (-999, "red")]),
)
def test_arrow_and_python_come_to_the_same(cells, separator, missing):
    if separator == ",":
        cells = [tuple(cell.replace("1,5", "1.5") for cell in row) for row in cells]
    data = ("a;b;y\n".replace(";", separator) + "".join(f"{separator.join(row)}\n" for row in cells)).encode()
    wanted = request(separator=separator, header=True, missing=missing)
    one = read_csv(data, "a.csv", wanted)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "_quotes_need_care", lambda data, dialect: True)
        patch.delattr(rows, "_by_arrow")
        other = read_csv(data, "a.csv", wanted)
    assert (one.count, one.first_row) == (other.count, other.first_row) == (len(cells), 2)
    for name, column in one.columns.items():
        pd.testing.assert_series_equal(column, other.columns[name])


def test_rows_beyond_what_python_takes_at_once_are_all_there():
    data = b'a,y\n1, "x"\n' + b"2,z\n" * (rows.ROWS_AT_ONCE * 2) + b"3,w\n"
    read = read_csv(data, "a.csv", request())
    assert read.count == rows.ROWS_AT_ONCE * 2 + 2
    assert read.columns["y"].iloc[[0, 1, -2, -1]].tolist() == ["x", "z", "z", "w"]
    assert read.columns["a"].sum() == 1 + rows.ROWS_AT_ONCE * 4 + 3
