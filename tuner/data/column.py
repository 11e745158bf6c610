"""One column of a source, with what it takes to say where something is wrong in it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tuner.data.frame import Frame
from tuner.errors import DataError

SHOWN_CHARACTERS = 40
"""How much of a long text an error shows."""

SHOWN_ROWS = 3
"""How many rows with the same mistake an error names."""


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a source.

    Attributes:
        frame: where it is from.
        name: the column's name.
    """

    frame: Frame
    name: str

    @property
    def cells(self) -> pd.Series[Any]:
        """Its cells, as a `Frame` has them."""
        return self.frame.columns[self.name]

    def complaint(self, problem: str, row: int | None = None) -> DataError:
        """What is wrong, with its place.

        Args:
            problem: the rest of a sentence that begins with the column.
            row: the row that is to blame, counted from 0.
        """
        place = f"{self.frame.name}:" if row is None else f"{self.frame.place(row)},"
        return DataError(f'{place} column "{self.name}" {problem}')

    def check_no_value_missing(self, way_out: str = "Fill it in, or leave out the row.") -> None:
        """Raises DataError if a value is missing."""
        missing = self.cells.isna().to_numpy()
        if missing.any():
            rest = int(missing.sum()) - 1
            more = f", and neither in {rest} more" if rest else ""
            raise self.complaint(f"has no value{more}. {way_out}", int(missing.argmax()))

    def check_finite(self, values: NDArray[np.float64]) -> None:
        """Raises DataError if a number is infinite; a missing one may be NaN."""
        infinite = np.isinf(values)
        if infinite.any():
            raise self.complaint("has an infinite number. Mend it, or leave out its row.", int(infinite.argmax()))

    def numbers(self, otherwise: str) -> NDArray[np.float64]:
        """The cells as numbers, float64 [rows]; NaN where one is missing.

        Args:
            otherwise: what a cell that is no number should be or do, as the end of a sentence.
        Raises:
            DataError: if a cell is no number, with the first ones, or if one is infinite.
        """
        cells = self.cells
        if isinstance(cells.dtype, pd.CategoricalDtype):
            levels = [number_of(level) for level in cells.cat.categories]
            bad = [index for index, number in enumerate(levels) if number is None]
            if bad:
                self._complain_of(cells.cat.codes.to_numpy(), bad, otherwise)
            of_level = np.array([*levels, math.nan], dtype=np.float64)
            values = of_level[cells.cat.codes.to_numpy()]
        elif pd.api.types.is_datetime64_any_dtype(cells.dtype):
            raise self.complaint(f"has dates, {otherwise}")
        else:
            values = cells.to_numpy(dtype=np.float64)
        self.check_finite(values)
        return values

    def _complain_of(self, codes: NDArray[Any], bad: Sequence[int], otherwise: str) -> None:
        rows = np.flatnonzero(np.isin(codes, bad))
        levels = self.cells.cat.categories
        first, *others = (int(row) for row in rows[:SHOWN_ROWS])
        also = [f"{quoted(levels[codes[row]])} in row {_row_number(self.frame, row)}" for row in others]
        left = len(rows) - 1 - len(others)
        more = f" (as are {', '.join(also)}{f' and {left} more' if left else ''})" if also else ""
        raise self.complaint(f"is {quoted(levels[codes[first]])}{more}, {otherwise}", first)


def _row_number(frame: Frame, row: int) -> str:
    return frame.place(row).rpartition(" ")[2]


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
