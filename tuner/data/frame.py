"""A table as its source holds it: named columns, of which nothing is understood yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

NAMELESS = "unnamed "
"""How the name of a column begins that has none in its source; its place follows."""


@dataclass(frozen=True)
class Part:
    """The rows that one file brings.

    Attributes:
        file: the file, as the person wrote it.
        rows: how many rows it brings.
        first_row: the number, in the file as a person counts, of its first row of values; a header is row 1. Blank
            lines below it are not counted.
    """

    file: str
    rows: int
    first_row: int = 1


@dataclass(frozen=True, eq=False)
class Frame:
    """Columns as a source holds them, in its order.

    Attributes:
        name: the source for messages, as the person wrote it.
        columns: by name, all of the same length. A column of numbers is float64, NaN where a value is missing. A column
            of texts or truth values is categorical, of texts, with the source's own spelling and without blanks around
            it; a missing value has no category. A column of dates is datetime64, in any unit, NaT where one is missing.
        parts: which rows came from which file, in order; empty if there are no files.
        names: of all columns of the source, those that were not read too; empty if all were.
    """

    name: str
    columns: Mapping[str, pd.Series[Any]]
    parts: Sequence[Part] = field(default=())
    names: Sequence[str] = field(default=())

    @property
    def all_names(self) -> Sequence[str]:
        """The names of all columns of the source, in its order."""
        return self.names or list(self.columns)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(next(iter(self.columns.values()))) if self.columns else 0

    def place(self, row: int) -> str:
        """Where a row stands, for a message."""
        return place_of(self.name, self.parts, row)


def name_of(column: str | int, names: Sequence[str]) -> str | int:
    """The name of a column that is given by its position; anything else as it is.

    >>> name_of(1, ["a", "b"]), name_of(-1, ["a", "b"]), name_of("c", ["a", "b"]), name_of(3, ["a", "b"])
    ('a', 'b', 'c', 3)
    """
    if isinstance(column, str) or not 1 <= abs(column) <= len(names):
        return column
    return names[column - 1 if column > 0 else column]


def place_of(name: str, parts: Sequence[Part], row: int) -> str:
    """Where a row stands, for a message.

    Args:
        name: the source, for rows of no file.
        parts: which rows came from which file.
        row: counted from 0.

    >>> place_of("both", [Part("a.csv", 3, first_row=2), Part("b.csv", 5, first_row=2)], 4)
    'b.csv: row 3'
    >>> place_of("wine", [], 4)
    'wine: row 5'
    """
    for part in parts:
        if row < part.rows:
            return f"{part.file}: row {row + part.first_row}"
        row -= part.rows
    return f"{name}: row {row + 1}"
