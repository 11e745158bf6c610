"""Parquet files."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from tuner.data.sources.columns import names_of, rows_of, wanted_columns
from tuner.data.sources.opened import in_words
from tuner.data.sources.request import Request, Rows
from tuner.errors import DataError

MARK = b"PAR1"
"""How a Parquet file begins and ends."""

NUMBER_BYTES = 8


def read_parquet(data: bytes, name: str, request: Request) -> Rows:
    """Reads a Parquet file.

    Args:
        data: the file.
        name: the file as the person wrote it, for messages.
        request: what is wanted of it.
    Raises:
        DataError: if it is none, damaged, or holds more than `request.most_bytes` when unpacked.
    """
    if not data.startswith(MARK):
        raise DataError(f"{name}: is no Parquet file: it does not begin with {MARK.decode()}")
    if not data.endswith(MARK):
        raise DataError(f"{name}: is cut off: a Parquet file ends with {MARK.decode()}. Copy or load it again.")
    file = pq.ParquetFile(pa.BufferReader(data))
    wanted = wanted_columns(file.schema_arrow, name, request)
    groups = [file.metadata.row_group(index) for index in range(file.metadata.num_row_groups)]
    # The same value again and again takes no room in the file, and all of it in memory.
    size = max(
        sum(group.total_byte_size for group in groups),
        sum(group.num_rows for group in groups) * len(wanted) * NUMBER_BYTES,
    )
    if size > request.most_bytes:
        raise DataError(
            f"{name}: unpacks to {in_words(size)}, more than the {in_words(request.most_bytes)} that are read at most. "
            f"Drop columns, or write it with fewer rows."
        )
    return rows_of(file.read(columns=wanted), names_of(file.schema_arrow), name, request)
