"""One column of a file, with what it takes to say where something is wrong in it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tuner.errors import DataError

SHOWN_CHARACTERS = 40
"""How much of a long text an error shows."""


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a file.

    Attributes:
        source: the file, as the person wrote it.
        name: the column's name in the header.
        cells: as pandas read them; a missing value is NaN.
        first_row: the number of the row in which the cells begin; blank lines below it are not counted.
    """

    source: str
    name: str
    cells: pd.Series[Any]
    first_row: int

    def complaint(self, problem: str, index: int | None = None) -> DataError:
        """What is wrong, with its place.

        Args:
            problem: the rest of a sentence that begins with the column.
            index: the cell that is to blame, counted from 0.
        """
        row = "" if index is None else f"row {index + self.first_row}, "
        return DataError(f'{self.source}: {row}column "{self.name}" {problem}')

    def check_no_value_missing(self) -> None:
        """Raises DataError if a value is missing."""
        missing = self.cells.isna().to_numpy()
        if missing.any():
            rest = int(missing.sum()) - 1
            more = f", and neither in {rest} more" if rest else ""
            raise self.complaint(
                f"has no value{more}. Fill it in, or leave out the row or the column.", int(missing.argmax())
            )


def number_of(cell: object) -> float | None:
    """A cell as a number, infinite ones included; None for a text, a truth value and NaN.

    >>> number_of("1e-3"), number_of(7), number_of("-inf")
    (0.001, 7.0, -inf)
    >>> number_of("red"), number_of(True), number_of("1_000"), number_of("nan")
    (None, None, None, None)
    """
    # Python reads "1_000" as a number, but nobody who writes data does.
    if isinstance(cell, bool) or (isinstance(cell, str) and "_" in cell):
        return None
    try:
        value = float(cell)  # type: ignore[arg-type]
    except OverflowError:
        return math.inf
    except (TypeError, ValueError):
        return None
    return None if math.isnan(value) else value


def quoted(cell: object) -> str:
    """A cell as an error shows it: its beginning, if it is long.

    >>> quoted("red"), quoted("x" * 100)
    ('"red"', '"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx..."')
    """
    text = str(cell)
    return f'"{text}"' if len(text) <= SHOWN_CHARACTERS else f'"{text[:SHOWN_CHARACTERS]}..."'
