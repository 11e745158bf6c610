"""The header row of a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from typing import TextIO

from tuner.errors import DataError, did_you_mean

SEPARATORS: Mapping[str, str] = {";": "semicolons", "\t": "tabs", "|": "bars"}
"""What files separate columns by when it is not a comma."""

SHOWN_COLUMNS = 20
"""How many columns an error lists."""


def read_header(file: TextIO, name: str) -> tuple[list[str], int]:
    """The first row that is not blank.

    Args:
        file: at its beginning; left at the line below the header.
        name: the file as the person wrote it, for messages.
    Returns:
        The names of the columns, and how many lines were read.
    Raises:
        DataError: if there is no header row, or none that can be read.
    """
    reader = csv.reader(file, skipinitialspace=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                return [cell.strip() for cell in cells], reader.line_num
    except csv.Error as error:
        raise DataError(f"{name}: has no readable header row: {error}") from None
    raise DataError(f"{name}: is empty, but should have a header row and rows of numbers")


def check_header(header: Sequence[str], name: str, target: str) -> None:
    """Raises DataError unless there are features and the target, each with a name of its own."""
    if len(header) == 1:
        other = next((word for mark, word in SEPARATORS.items() if mark in header[0]), None)
        found = f" Its columns seem to be separated by {other}." if other else ""
        raise DataError(
            f'{name}: has one column only, "{header[0]}", but should have features and a target, '
            f"separated by commas.{found}"
        )
    if target not in header:
        rest = len(header) - SHOWN_COLUMNS
        known = ", ".join(header[:SHOWN_COLUMNS]) + (f" and {rest} more" if rest > 0 else "")
        raise DataError(
            f'{name}: has no column "{target}", which is the target; there are {known}.{did_you_mean(target, header)}'
        )
    for index, column in enumerate(header):
        if not column:
            raise DataError(
                f"{name}: column {index + 1} has no name. Give it one; or, if it counts the rows, leave it out "
                f"(pandas writes none with index=False)."
            )
        if column in header[:index]:
            raise DataError(f'{name}: has two columns "{column}". Rename or remove one of them.')
