"""Whatever bytes a file holds, it is read or told about: no other exception, and no waiting."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.data.sources import SOURCES, read_frame
from tuner.errors import DataError
from tuner.study.data_settings import DataSettings

TABLE = pa.table(
    {
        "a": pa.array([1, None, 3], pa.int16()),
        "b": [0.5, 1.5, None],
        "c": pa.array(["red", None, "red"]).dictionary_encode(),
        "d": pa.array([0, 1, 2], pa.timestamp("ms", "UTC")),
        "y": [True, False, None],
    }
)
CSV = 'a, b,y\n1, "x, z",2020-01-01\n\n-3e2,"q\n",2020-01-02T10:00\n?,é,NA\n'.encode()
ARFF = b"""% c\n@relation r\n@attribute 'a b' real\n@attribute y {u, 'v w'}\n@attribute d date "yyyy-MM-dd"\n@data
1,u,"2020-01-01"\n% c\n?,'v w',?\n"""


def written(write, *arguments, **named) -> bytes:
    file = io.BytesIO()
    write(*[file if argument is io else argument for argument in arguments], **named)
    return file.getvalue()


VALID = {
    ".csv": CSV,
    ".tsv": b"a\tb\n1\t2\n\n3\t4\n",
    ".txt": b"1;2,5;x\n3;4;y\n",
    ".parquet": written(pq.write_table, TABLE, io),
    ".pq": written(pq.write_table, TABLE, io, compression="gzip", version="1.0"),
    ".feather": written(pyarrow.feather.write_feather, TABLE, io, compression="uncompressed"),
    ".arrow": written(pyarrow.feather.write_feather, TABLE, io, compression="lz4"),
    ".arff": ARFF,
    ".npz": written(np.savez_compressed, io, x=np.ones((3, 2)), y=np.arange(3), features=np.array(["a", "b"])),
    ".npy": written(np.save, io, np.arange(6).reshape(3, 2)),
    ".csv.gz": gzip.compress(CSV, mtime=0),
    ".unknown": CSV,
}

STATED = st.fixed_dictionaries(
    {},
    optional={
        "separator": st.sampled_from(
            [",", ";", "\t", "|", " ", "'", '"', "\n", "\r", "\0", "\\", ".", "1", "§", "\ud800"]
        ),
        "decimal": st.sampled_from([".", ","]),
        "encoding": st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16", "utf-7", "zip", "x", "idna"]),
        "header": st.booleans(),
        "missing": st.sampled_from([("x",), (-999, 1.0, "é")]),
    },
)


@st.composite
def mutated(draw: st.DrawFn, valid: bytes) -> bytes:
    """A valid file, of which some bytes are others, missing, doubled or moved."""
    data = bytearray(valid)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, max(0, len(data) - 1)))
        end = min(len(data), start + draw(st.sampled_from([0, 1, 1, 2, 4, 8, 50])))
        new = draw(
            st.binary(min_size=1, max_size=8)
            | st.sampled_from([b"", bytes(data[start:end]) * 2, b"\xff" * 8, b"\0" * 8, b'"', b"\n", b",", b"\x7f"])
        )
        data[start:end] = new
    return bytes(data[: draw(st.integers(0, len(data)))] if draw(st.integers(0, 4)) == 0 else data)


def check(folder: Path, suffix: str, data: bytes, stated: dict) -> bool:
    """Reads the file; whether there was something to read. A second time text is asked for."""
    name = f"file{suffix}"
    (folder / name).write_bytes(data)
    understood, named = False, True
    for as_text in ((), ("a", "b", "y", "1", "a b", "d")):
        try:
            frame = read_frame(
                DataSettings.model_construct(path=name, target="y", **stated), [name], root=folder, as_text=as_text,
                most_bytes=2**24,
            )  # fmt: skip
        except DataError as error:
            named &= str(error).startswith(f"{name}: ")
            continue
        understood = True
        for column in frame.columns.values():
            assert len(column) == frame.rows == frame.parts[0].rows > 0
            assert column.dtype == np.float64 or column.dtype.kind == "M" or column.dtype.name == "category"
            if column.dtype.name == "category":
                assert all(isinstance(each, str) and each == each.strip() != "" for each in column.cat.categories)
    assert named
    return understood


def test_there_is_an_example_of_every_format(tmp_path):
    assert {*SOURCES} <= {*VALID}
    for suffix, data in VALID.items():
        assert check(tmp_path, suffix, data, {}), suffix


@pytest.mark.parametrize("suffix", VALID)
def test_files_cut_off_anywhere_are_read_or_told_about(tmp_path, suffix):
    valid = VALID[suffix]
    for length in range(0, len(valid), max(1, len(valid) // 100)):
        check(tmp_path, suffix, valid[:length], {})


@pytest.mark.parametrize("suffix", VALID)
def test_files_with_a_few_wrong_bytes_are_read_or_told_about(tmp_path_factory, suffix):
    folder = tmp_path_factory.mktemp("mutated")

    @settings(max_examples=150)
    @given(data=mutated(VALID[suffix]), stated=st.just({}) | STATED)
    def run(data, stated):
        check(folder, suffix, data, stated)

    run()


@pytest.mark.parametrize("suffix", VALID)
def test_arbitrary_bytes_are_read_or_told_about(tmp_path_factory, suffix):
    folder = tmp_path_factory.mktemp("any")
    start = st.sampled_from([b"", VALID[suffix][:4], VALID[suffix][:8], VALID[suffix][: len(VALID[suffix]) // 2]])

    @settings(max_examples=100)
    @given(start, st.binary(max_size=200) | st.text(alphabet="a1,;.\t\" \n\r'%@{}?-e\\", max_size=60).map(str.encode))
    def run(start, data):
        check(folder, suffix, start + data, {})

    run()
