"""The rows of a CSV file as Python's own reader sees them: slower than Arrow's, but it takes blanks anywhere."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

END = "\0"
"""A line that no file has, as none with a zero is read: it stands after the last."""


@dataclass(frozen=True)
class Record:
    """One row.

    Attributes:
        cells: as they are written, without quotes and without the blanks before them.
        before: how many lines of the file stand before it.
        after: how many have been read after it.
    """

    cells: list[str]
    before: int
    after: int

    @property
    def blank(self) -> bool:
        """Whether this is no row, but a blank line."""
        return len(self.cells) < 2 and not any(cell.strip() for cell in self.cells)


def records(
    lines: Iterable[str], separator: str, *, before: int = 0, quote: str = '"', escape: str | None = None
) -> Iterator[Record]:
    """The rows of a CSV file, blank lines among them.

    Args:
        lines: with their ends.
        separator: what separates the columns.
        before: how many lines of the file stand before them.
        quote: what stands around a value that contains it.
        escape: what stands before a letter that is meant as it is.
    Raises:
        csv.Error: if a value in quotes has no end, or is too long, with its line.
    """

    def until_the_end() -> Iterator[str]:
        yield from lines
        yield END

    reader = csv.reader(
        until_the_end(), delimiter=separator, quotechar=quote, escapechar=escape, skipinitialspace=separator != " "
    )
    start = before
    try:
        for cells in reader:
            after = start + reader.line_num
            if not cells or END not in cells[-1]:
                yield Record(cells, before, after)
            elif after > before + 1:
                break  # A value that is not closed has swallowed the end.
            before = after
        else:
            return
    except csv.Error as error:
        raise csv.Error(f"{error}, in the row that begins in line {before + 1}") from None
    raise csv.Error(f"a quote in the row that begins in line {before + 1} has no end")
