"""The rows of a CSV file, as columns of texts and numbers that Arrow holds."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from tuner.data.sources.dialect import SEPARATORS, Dialect
from tuner.data.sources.records import Record, records
from tuner.data.sources.texts import TEXTS
from tuner.errors import DataError

NOT_A_NUMBER = re.compile(r"In CSV column #(\d+): CSV conversion error to double")
"""How Arrow says that a column it should read as numbers has something else."""

MOST_TRIES = 4
"""How often Arrow reads a file: each time one more column has turned out to be of texts, and at last all have."""

BLOCK = 2**20
ROWS_AT_ONCE = 20_000


def read_rows(
    data: bytes, name: str, dialect: Dialect, wanted: Sequence[int], *, texts: Collection[int], missing: Sequence[str]
) -> Mapping[int, pa.ChunkedArray]:
    """Columns of a CSV file by their index.

    Args:
        data: the file, in UTF-8.
        name: the file as the person wrote it, for messages.
        dialect: how it is written.
        wanted: which columns.
        texts: those of them that are texts for sure.
        missing: what says, in a column of numbers, that a value is missing.
    Returns:
        Each column as float64 with nulls, or of the type TEXTS.
    Raises:
        DataError: if a row has more or fewer values than there are columns, or a quote has no end.
    """
    if dialect.separator.isascii() and not _quotes_need_care(data, dialect):
        try:
            return _by_arrow(data, dialect, wanted, texts, missing)
        except pa.ArrowInvalid:
            pass  # What it stumbles over, such as lines of blanks, Python's reader takes, or names with its line.
    return _by_python(data, name, dialect, wanted)


def _quotes_need_care(data: bytes, dialect: Dialect) -> bool:
    """Whether Arrow would misread quotes: after a blank it takes them for text, and it does not mind a missing one."""
    quote = dialect.quote.encode()
    if data.find(quote, dialect.start) < 0:
        return False
    before = re.compile(rb"(?:\A|[\r\n]|" + re.escape(dialect.separator.encode()) + rb") +" + quote)
    if b" " + quote in data and before.search(data):
        return True
    return bool(np.count_nonzero(np.frombuffer(data, np.uint8) == ord(quote)) % 2)


def _by_arrow(
    data: bytes, dialect: Dialect, wanted: Sequence[int], texts: Collection[int], missing: Sequence[str]
) -> Mapping[int, pa.ChunkedArray]:
    names = [str(index) for index in range(len(dialect.names))]
    types = {names[index]: TEXTS if index in texts else pa.float64() for index in wanted}
    line = data.find(b"\n", dialect.start) - dialect.start
    for attempt in range(MOST_TRIES):
        if attempt == MOST_TRIES - 1:
            types = dict.fromkeys(types, TEXTS)
        try:
            table = arrow_csv.read_csv(
                pa.BufferReader(pa.py_buffer(data).slice(dialect.start)),
                read_options=arrow_csv.ReadOptions(column_names=names, block_size=max(BLOCK, min(2**30, 16 * line))),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=dialect.separator,
                    quote_char=dialect.quote,
                    escape_char=dialect.escape or False,
                    newlines_in_values=data.find(dialect.quote.encode(), dialect.start) >= 0,
                ),
                convert_options=arrow_csv.ConvertOptions(
                    check_utf8=False,
                    column_types=types,
                    include_columns=[names[index] for index in wanted],
                    # A cell is held against the list before its blanks are cut off.
                    null_values=[left + text + right for text in missing for left in ("", " ") for right in ("", " ")],
                    decimal_point=dialect.decimals[0],
                    strings_can_be_null=False,
                ),
            )
            return {index: table.column(names[index]) for index in wanted}
        except pa.ArrowInvalid as error:
            column = NOT_A_NUMBER.search(str(error))
            if column is None:
                raise
            types[names[int(column[1])]] = TEXTS
    raise AssertionError("texts cannot fail to be texts")


def _by_python(data: bytes, name: str, dialect: Dialect, wanted: Sequence[int]) -> Mapping[int, pa.ChunkedArray]:
    lines = io.TextIOWrapper(io.BytesIO(memoryview(data)[dialect.start :]), encoding="utf-8", newline="")
    cells = records(lines, dialect.separator, before=dialect.first_row - 1, quote=dialect.quote, escape=dialect.escape)
    rows = _of_full_width(cells, name, dialect)
    chunks: dict[int, list[pa.Array]] = {index: [] for index in wanted}
    try:
        while some := [*islice(rows, ROWS_AT_ONCE)]:
            for index, column in chunks.items():
                column.append(pa.array([row[index] for row in some], pa.string()).dictionary_encode())
    except csv.Error as error:
        raise DataError(f"{name}: cannot be read as CSV: {error}") from None
    return {index: pa.chunked_array(column, TEXTS) for index, column in chunks.items()}


def _of_full_width(rows: Iterator[Record], name: str, dialect: Dialect) -> Iterator[list[str]]:
    """The cells of the rows; blank lines are skipped."""
    width = len(dialect.names)
    for row in rows:
        if len(row.cells) == width:
            yield row.cells
        # A line of tabs only is a blank one, too, where tabs separate.
        elif not (row.blank or (dialect.separator.isspace() and not "".join(row.cells).strip())):
            expected = f"the header names {width} columns" if dialect.header else f"the first row has {width}"
            raise DataError(
                f"{name}: row {row.before + 1} has {len(row.cells)} values, but {expected}. "
                f"A value that contains {_one(dialect.separator)} must be in quotes."
            )


def _one(separator: str) -> str:
    """A separator as a sentence names it."""
    return {"commas": "a comma", "semicolons": "a semicolon", "tabs": "a tab", "bars": "a bar"}.get(
        SEPARATORS.get(separator, ""), f'"{separator}"'
    )
