import io

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pytest

TABLE = pa.table({"a": [1, None, 3], "y": ["no", "yes", None]})


def feather(table: pa.Table = TABLE, compression: str = "zstd") -> bytes:
    file = io.BytesIO()
    pyarrow.feather.write_feather(table, file, compression=compression)
    return file.getvalue()


def stream(table: pa.Table = TABLE) -> bytes:
    file = io.BytesIO()
    with pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    return file.getvalue()


@pytest.mark.parametrize("data", [feather(), feather(compression="uncompressed"), stream()])
def test_files_and_streams_are_read(read, values, data):
    assert values(read(data, "a.arrow")) == {"a": [1.0, None, 3.0], "y": ["no", "yes", None]}


def test_a_dictionary_that_differs_from_batch_to_batch_is_read(read, values):
    chunks = [pa.array(["a", "b"]).dictionary_encode(), pa.array(["b", "c", None]).dictionary_encode()]
    table = pa.table({"a": pa.chunked_array(chunks)})
    assert values(read(stream(table), "a.feather"))["a"] == ["a", "b", "b", "c", None]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a,y\n1,2\n", "is no Feather or Arrow file"),
        (feather()[:-3], "is cut off"),
        (stream()[:-60], "cannot be read as .feather"),
        (b"FEA1" + b"\0" * 40, "is of Feather's first version"),
        (feather(pa.table({"a": pa.array([], pa.int8())})), "no rows"),
        (feather(pa.table({"a": [[1]]})), 'column "a" is of type list'),
    ],
)
def test_what_cannot_be_read_is_told(complaint, data, message):
    assert complaint(data, "a.feather").startswith("a.feather: ")
    assert message in complaint(data, "a.feather")


def test_a_small_file_of_very_much_is_refused(read, complaint):
    data = feather(pa.table({"a": np.zeros(1_000_000)}))
    assert len(data) < 50_000
    assert "more than the 4.0 MiB that are read at most" in complaint(data, "a.feather", most_bytes=2**22)
    assert read(data, "a.feather", most_bytes=2**23).rows == 1_000_000
