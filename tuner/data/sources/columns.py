"""An Arrow table as rows."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyarrow as pa

from tuner.data.sources.names import check_names
from tuner.data.sources.request import Request, Rows
from tuner.data.sources.typed import check_type, typed
from tuner.errors import DataError

INDEX = re.compile(r"__index_level_\d+__")
"""What pandas calls the numbers of rows where it writes them down: they are no part of the data."""


def wanted_columns(schema: pa.Schema, name: str, request: Request) -> Sequence[str]:
    """The columns to read.

    Raises:
        DataError: if one of them has no name of its own, or is of a type that cannot be used; the first of each kind.
    """
    names = [each for each in schema.names if INDEX.fullmatch(each) is None]
    check_names(names, name, request.drop)
    wanted = [each for each in names if each not in request.drop]
    for column in wanted:
        check_type(schema.field(column).type, name, column)
    return wanted


def rows_of(table: pa.Table, name: str, request: Request) -> Rows:
    """The rows of a table whose columns can all be used.

    Raises:
        DataError: if there are none.
    """
    if not table.num_rows:
        raise DataError(f"{name}: has columns, but no rows")
    columns = {
        each: typed(table.column(each), request.markers, as_text=each in request.as_text) for each in table.column_names
    }
    return Rows(columns, table.num_rows)
