"""CSV files: whatever separates their columns, with a header row or without."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa

from tuner.data.sources.dialect import SEPARATORS, Dialect, sniff
from tuner.data.sources.encoding import as_utf8
from tuner.data.sources.names import check_names, named
from tuner.data.sources.request import Request, Rows
from tuner.data.sources.rows import read_rows
from tuner.data.sources.texts import understood
from tuner.errors import DataError

ANYTHING = re.compile(rb"\S")


def read_csv(data: bytes, name: str, request: Request) -> Rows:
    """Reads a CSV file. Blank lines are skipped.

    Args:
        data: the file.
        name: the file as the person wrote it, for messages.
        request: what is wanted of it.
    Raises:
        DataError: if it cannot be read.
    """
    text = as_utf8(data, name, request.settings.encoding)
    dialect = sniff(text, name, request.settings, request.markers)
    _check_columns(dialect, name)
    dialect = replace(dialect, names=named(dialect.names))
    request = request.of(dialect.names)
    check_names(dialect.names, name, request.drop)
    if ANYTHING.search(text, dialect.start) is None:
        raise DataError(f"{name}: has a header, but no rows")
    wanted = [index for index, column in enumerate(dialect.names) if column not in request.drop]
    columns = read_rows(
        text,
        name,
        dialect,
        wanted,
        texts={i for i in wanted if dialect.names[i] in request.as_text or not dialect.numbers[i]},
        missing=request.markers.texts,
    )
    series = {
        dialect.names[index]: _column(column, dialect, dialect.names[index], request)
        for index, column in columns.items()
    }
    return Rows(series, dialect.names, len(next(iter(columns.values()))), dialect.first_row)


def _column(column: pa.ChunkedArray, dialect: Dialect, name: str, request: Request) -> pd.Series:
    if column.type == pa.float64():
        return pd.Series(request.markers.without(np.asarray(column.to_numpy(), dtype=np.float64)))
    if name in request.as_text:
        return understood(column, request.markers)
    return understood(column, request.markers, decimals=dialect.decimals, dates=True)


def _check_columns(dialect: Dialect, name: str) -> None:
    if len(dialect.names) > 1:
        return
    (only,) = dialect.names
    other = next((word for mark, word in SEPARATORS.items() if mark in only), None)
    found = f" Its columns seem to be separated by {other}." if other else ""
    by = SEPARATORS.get(dialect.separator, f'"{dialect.separator}"')
    raise DataError(
        f'{name}: has one column only, "{only}", but should have features and a target, separated by {by}.{found}'
    )
