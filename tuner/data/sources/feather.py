"""Feather files, which are Arrow's own format, as files or streams."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from tuner.data.sources.columns import names_of, rows_of, wanted_columns
from tuner.data.sources.opened import in_words
from tuner.data.sources.request import Request, Rows
from tuner.errors import DataError

MARK = b"ARROW1"
"""How a file begins and ends; a stream has no mark."""

FIRST_VERSION = b"FEA1"


def read_feather(data: bytes, name: str, request: Request) -> Rows:
    """Reads a Feather or Arrow file.

    Args:
        data: the file.
        name: the file as the person wrote it, for messages.
        request: what is wanted of it.
    Raises:
        DataError: if it is none, damaged, or holds more than `request.most_bytes` when unpacked.
    """
    if data.startswith(FIRST_VERSION):
        raise DataError(f"{name}: is of Feather's first version. Write it again with a newer pandas or Arrow.")
    if data.startswith(MARK) and not data.endswith(MARK):
        raise DataError(f"{name}: is cut off: a Feather file ends with {MARK.decode()}. Copy or load it again.")
    if not data.startswith((MARK, b"\xff\xff\xff\xff")):
        raise DataError(f"{name}: is no Feather or Arrow file: it does not begin with {MARK.decode()}")
    schema, batches = _batches(data)
    wanted = wanted_columns(schema, name, request)
    # By place: of names that are dropped there may be several.
    places = [schema.get_field_index(column) for column in wanted]
    kept, size = [], 0
    for batch in batches:
        part = pa.Table.from_batches([batch]).select(places)
        # What is damaged would be read out of bounds.
        part.validate(full=True)
        kept.append(part)
        size += part.nbytes
        if size > request.most_bytes:
            raise DataError(
                f"{name}: unpacks to more than the {in_words(request.most_bytes)} that are read at most. "
                f"Write it with fewer rows or columns."
            )
    if not kept:
        raise DataError(f"{name}: has columns, but no rows")
    return rows_of(pa.concat_tables(kept), names_of(schema), name, request)


def _batches(data: bytes) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    source = pa.BufferReader(data)
    if data.startswith(MARK):
        file = pa.ipc.open_file(source)
        return file.schema, (file.get_batch(index) for index in range(file.num_record_batches))
    stream = pa.ipc.open_stream(source)
    return stream.schema, iter(stream)
