"""How a CSV file is written, as far as its beginning tells."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tuner.data.sources.markers import Markers
from tuner.data.sources.records import Record, records
from tuner.errors import DataError
from tuner.study.data_settings import DataSettings

SEPARATORS: Mapping[str, str] = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
"""What files separate columns by, the likeliest first."""

NO_SEPARATORS = ('"', "\n", "\r", "\0")
"""What has a meaning of its own in a CSV file."""

SAMPLES = (2**16, 2**20, 2**24)
"""How many bytes are looked at: more only where fewer hold no FEWEST_LINES."""

FEWEST_LINES = 5

LOOKED_AT = 200
"""How many rows are looked at."""

NUMBER = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?")
POINT = re.compile(r"[+-]?\d*\.\d+([eE][+-]?\d+)?|[+-]?\d+\.")
COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written.

    Attributes:
        separator: what separates the columns.
        decimals: what may separate whole from part in numbers, the likeliest first.
        names: of the columns; of a file without a header 1, 2, 3, ...
        header: whether there is one.
        first_row: the line, counted from 1, at which the first row below the header begins.
        start: how many bytes stand before it.
        numbers: for each column, whether all that is seen of it are numbers.
        quote: what stands around a value that contains a separator.
        escape: what stands before a letter that is meant as it is.
    """

    separator: str
    decimals: tuple[str, ...]
    names: tuple[str, ...]
    header: bool
    first_row: int
    start: int
    numbers: tuple[bool, ...]
    quote: str = '"'
    escape: str | None = None


def sniff(data: bytes, name: str, settings: DataSettings, markers: Markers) -> Dialect:
    """Sees from its beginning how a CSV file is written.

    Args:
        data: the file, in UTF-8.
        name: the file as the person wrote it, for messages.
        settings: what is stated is not guessed.
        markers: what says that a value is missing.
    Raises:
        DataError: if the file has no rows that could be read.
    """
    if settings.separator in NO_SEPARATORS:
        raise DataError(f"{name}: cannot be read with separator = {settings.separator!r}: it means something else")
    lines = _lines(data)
    choices = [settings.separator] if settings.separator else [*SEPARATORS]
    seen = {separator: _rows(lines, separator) for separator in choices}
    separator = max(choices, key=lambda each: _rank(seen[each][0]))
    rows, problem = seen[separator]
    if problem and not rows:
        raise DataError(f"{name}: has no readable header row: {problem}")
    if not rows:
        raise DataError(f"{name}: is empty, but should have a header row and rows of values")
    first, below = rows[0], rows[1:]
    header = settings.header
    if header is None:
        header = not any(
            _numbers_below(cell, [*_cells(below, index, markers)]) for index, cell in enumerate(first.cells)
        )
    used = first.after if header else first.before
    cells = [[*_cells(below if header else rows, index, markers)] for index in range(len(first.cells))]
    decimals = _decimals(settings, separator, cells)
    like = POINT if decimals[0] == "." else COMMA
    return Dialect(
        separator,
        decimals,
        tuple(cell.strip() for cell in first.cells)
        if header
        else tuple(str(number) for number in range(1, len(first.cells) + 1)),
        header,
        used + 1,
        sum(len(line.encode()) for line in lines[:used]),
        tuple(all(_is_number(cell, like) for cell in column) for column in cells),
    )


def _lines(data: bytes) -> list[str]:
    """The lines at the beginning, with their ends."""
    for size in SAMPLES:
        # A letter that is cut in two belongs to a line that is left out.
        lines = list(io.StringIO(data[:size].decode("utf-8", "ignore"), newline=""))
        if size >= len(data):
            return lines
        if len(lines) > FEWEST_LINES:
            break
    return lines[:-1] or lines


def _rows(lines: Sequence[str], separator: str) -> tuple[list[Record], csv.Error | None]:
    """The first rows, and what keeps from reading on, such as a value that goes on beyond the lines."""
    rows: list[Record] = []
    try:
        for record in records(lines, separator):
            if not record.blank:
                rows.append(record)
            if len(rows) > LOOKED_AT:
                break
    except csv.Error as error:
        return rows, error
    return rows, None


def _rank(rows: Sequence[Record]) -> tuple[bool, float, float, int]:
    """How well a separator fits: rows as wide as the first, and then cells that are numbers."""
    if not rows or len(rows[0].cells) == 1:
        return False, 0.0, 0.0, 0
    width = len(rows[0].cells)
    same = sum(len(row.cells) == width for row in rows)
    cells = [cell for row in rows[1:20] for cell in row.cells]
    numbers = sum(NUMBER.fullmatch(cell.strip()) is not None for cell in cells)
    return True, same / len(rows), numbers / max(1, len(cells)), width


def _cells(rows: Sequence[Record], index: int, markers: Markers) -> Iterator[str]:
    """What stands in a column and is not missing."""
    for row in rows:
        if index < len(row.cells) and (cell := row.cells[index].strip()) not in markers.texts:
            yield cell


def _numbers_below(first: str, below: Sequence[str]) -> bool:
    """Whether the first cell of a column and most below it are numbers, so that it cannot be its name."""
    if NUMBER.fullmatch(first.strip()) is None:
        return False
    return sum(NUMBER.fullmatch(cell) is not None for cell in below) * 2 > len(below)


def _decimals(settings: DataSettings, separator: str, columns: Sequence[Sequence[str]]) -> tuple[str, ...]:
    if settings.decimal:
        return (settings.decimal,)
    if separator == ",":
        return (".",)
    points = sum(POINT.fullmatch(cell) is not None for cells in columns for cell in cells)
    commas = sum(COMMA.fullmatch(cell) is not None for cells in columns for cell in cells)
    if points == commas:
        return (".", ",")
    return (",",) if commas > points else (".",)


def _is_number(cell: str, like: re.Pattern[str]) -> bool:
    return NUMBER.fullmatch(cell) is not None and (cell.lstrip("+-").isdigit() or like.fullmatch(cell) is not None)
