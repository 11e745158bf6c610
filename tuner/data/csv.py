"""CSV files of numbers with a header row: comma-separated, UTF-8, a dot in decimals."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tuner.data.column import Column
from tuner.data.features import feature_values
from tuner.data.header import check_header, read_header
from tuner.data.table import Table
from tuner.data.target import read_target
from tuner.errors import DataError
from tuner.study.metrics import Task

MISSING = ("", "?", "NA", "N/A", "#N/A", "<NA>", "n/a", "NaN", "nan", "NAN", "-nan", "NULL", "null", "None")
"""How files say that a value is missing."""

# Since 3.1 pandas reads the nearest float64 unasked, and warns whoever asks.
_PANDAS = tuple(int(part) for part in pd.__version__.split(".")[:2])
EXACT_FLOATS: Mapping[str, Any] = {} if _PANDAS >= (3, 1) else {"float_precision": "round_trip"}
"""What makes pandas read a number as Python does, so that every version of pandas gives the same fingerprint."""

SHOWN_MISTAKES = 5
"""How many columns with mistakes an error names."""


def read_csv(path: Path, *, name: str, target: str, task: Task | None) -> Table:
    """Reads a CSV file whose features are all numbers. Blank lines are skipped.

    Args:
        path: the file.
        name: the file as the person wrote it, for messages.
        target: the column to predict.
        task: what kind of target it is; None to go by its values.
    Raises:
        DataError: if the file cannot be read, or if its columns cannot be used; the first mistake of each column.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            columns = _read_columns(file, name, target)
    except FileNotFoundError:
        raise DataError(f"{name}: there is no such file; a relative path starts at the project root") from None
    except IsADirectoryError:
        raise DataError(f"{name}: is a folder, but should be a CSV file") from None
    except UnicodeDecodeError:
        raise DataError(f"{name}: is not UTF-8 text. Is it a CSV file? If so, save it as UTF-8.") from None
    except OSError as error:
        raise DataError(f"{name}: cannot be read: {error.strerror or error}") from None
    mistakes: list[str] = []
    features: dict[str, NDArray[np.float64]] = {}
    understood = None
    for column in columns:
        try:
            if column.name == target:
                understood = read_target(column, task)
            else:
                features[column.name] = feature_values(column)
        except DataError as error:
            mistakes.append(str(error))
    if mistakes or understood is None:
        rest = len(mistakes) - SHOWN_MISTAKES
        more = [f"{name}: {rest} more columns cannot be used"] if rest > 0 else []
        raise DataError("\n".join(mistakes[:SHOWN_MISTAKES] + more))
    x = np.column_stack([*features.values()])
    return Table(name, x, understood.y, tuple(features), understood.task, understood.classes)


def _read_columns(file: TextIO, name: str, target: str) -> list[Column]:
    """The columns as pandas reads them, with the target's own text."""
    header, lines = read_header(file, name)
    check_header(header, name, target)
    try:
        # Without names, so that a row with one value more than the header does not turn into an index unasked.
        frame = pd.read_csv(
            file,
            header=None,
            dtype={header.index(target): str},
            na_values=[*MISSING],
            keep_default_na=False,
            skipinitialspace=True,
            low_memory=False,
            **EXACT_FLOATS,
        )
    except pd.errors.EmptyDataError:
        raise DataError(f"{name}: has a header, but no rows") from None
    except pd.errors.ParserError as error:
        raise DataError(f"{name}: {_parser_problem(str(error), header, lines)}") from None
    if len(frame.columns) != len(header):
        raise DataError(f"{name}: {_width_problem(lines + 1, len(frame.columns), header)}")
    return [Column(name, column, frame[index], lines + 1) for index, column in enumerate(header)]


def _parser_problem(message: str, header: Sequence[str], lines: int) -> str:
    """What pandas could not read, with the row as the file counts it."""
    match = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", message)
    if match is None:
        return f"cannot be read as CSV: {message.removeprefix('Error tokenizing data. ').strip()}"
    expected, row, found = (int(number) for number in match.groups())
    # pandas goes by the first row below the header, which may be the one that is wrong.
    if found == len(header):
        return _width_problem(lines + 1, expected, header)
    return _width_problem(row + lines, found, header)


def _width_problem(row: int, found: int, header: Sequence[str]) -> str:
    return (
        f"row {row} has {found} values, but the header names {len(header)} columns. "
        f"A value that contains a comma must be in quotes."
    )
