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


def names_of(schema: pa.Schema) -> list[str]:
    """The names of the columns that are data."""
    return [each for each in schema.names if INDEX.fullmatch(each) is None]


def wanted_columns(schema: pa.Schema, name: str, request: Request) -> Sequence[str]:
    """The columns to read.

    Raises:
        DataError: if one of them has no name of its own, or is of a type that cannot be used; the first of each kind.
    """
    names = names_of(schema)
    request = request.of(names)
    check_names(names, name, request.drop)
    wanted = [each for each in names if each not in request.drop]
    for column in wanted:
        check_type(schema.field(column).type, name, column)
    return wanted


def rows_of(table: pa.Table, names: Sequence[str], name: str, request: Request) -> Rows:
    """The rows of a table whose columns can all be used.

    Args:
        table: the columns that are wanted.
        names: of all columns of the file.
        name: the file as the person wrote it, for messages.
        request: what is wanted of it.

    Raises:
        DataError: if there are none.
    """
    if not table.num_rows:
        raise DataError(f"{name}: has columns, but no rows")
    request = request.of(names)
    columns = {
        each: typed(table.column(each), request.markers, as_text=each in request.as_text) for each in table.column_names
    }
    return Rows(columns, names, table.num_rows)
