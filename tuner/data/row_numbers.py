"""Files that name rows by their numbers: one number a line, or a NumPy array."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tuner.data.split import RowIndexes
from tuner.errors import DataError

MOST_BYTES = 2**30


def read_row_numbers(name: str, root: Path, rows: int) -> RowIndexes:
    """The rows that a file names, int64, ascending; row 0 is the first below the header.

    Args:
        name: the file as the study states it.
        root: where a relative path starts.
        rows: how many rows there are.
    Raises:
        DataError: if the file cannot be read, or names rows that are not there.
    """
    path = root / name
    try:
        if not path.is_file():
            raise DataError(f"{name}: there is no such file; a relative path starts at the project root")
        if path.stat().st_size > MOST_BYTES:
            raise DataError(f"{name}: is too large to be a list of row numbers")
        numbers = np.load(path, allow_pickle=False) if path.suffix == ".npy" else _lines(name, path)
    except OSError as error:
        raise DataError(f"{name}: cannot be read: {error.strerror or error}") from None
    except (ValueError, EOFError) as error:
        raise DataError(f"{name}: is no list of row numbers: {error}") from None
    if numbers.ndim != 1 or not np.issubdtype(numbers.dtype, np.integer) or not len(numbers):
        raise DataError(
            f"{name}: should hold whole numbers in one column, but is {numbers.dtype} {list(numbers.shape)}"
        )
    found = np.unique(numbers)
    if len(found) < len(numbers):
        raise DataError(f"{name}: names {len(numbers) - len(found)} rows twice")
    if found[0] < 0 or found[-1] >= rows:
        wrong = int(found[0] if found[0] < 0 else found[-1])
        raise DataError(f"{name}: names row {wrong}, but the rows go from 0 to {rows - 1}")
    return found.astype(np.int64)


def _lines(name: str, path: Path) -> RowIndexes:
    texts = path.read_text(encoding="utf-8-sig").split()
    for index, text in enumerate(texts):
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise DataError(f"{name}: entry {index + 1} is {text[:40]!r}, but should be the number of a row")
    return np.array([int(text) for text in texts], dtype=np.int64)
