"""Feature columns as numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from tuner.data.column import Column, number_of, quoted


def feature_values(column: Column) -> NDArray[np.float64]:
    """A feature column as finite numbers, float64 [rows].

    Raises:
        DataError: at the first value that is missing, no number or infinite.
    """
    column.check_no_value_missing()
    cells = column.cells
    if is_numeric_dtype(cells.dtype) and not is_bool_dtype(cells.dtype):
        values = cells.to_numpy(dtype=np.float64)
    else:
        values = _numbers(column)
    infinite = ~np.isfinite(values)
    if infinite.any():
        raise column.complaint("has an infinite number. Mend it, or leave out its row.", int(infinite.argmax()))
    return values


def _numbers(column: Column) -> NDArray[np.float64]:
    """The cells that pandas did not read as numbers: texts and truth values, or integers of very many digits."""
    values = np.empty(len(column.cells))
    for index, cell in enumerate(column.cells):
        value = number_of(cell)
        if value is None:
            raise column.complaint(
                f"is {quoted(cell)}, but features must be numbers. Mend it, or leave out its row or column.",
                index,
            )
        values[index] = value
    return values
