"""Columns that may steer the split: rows of the same customer, and rows in the order of time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tuner.data.frame import Frame
from tuner.data.look.cells import is_number, is_text, numbers_of, whole
from tuner.data.look.findings import Suggestion
from tuner.data.look.names import CODES, GROUPS, IDENTIFIERS, MOMENTS, NOT_OF_THE_ROW, noun, says
from tuner.data.table import Kind

FEWEST_GROUPS = 10
FEWEST_MOMENTS = 10
ROWS_A_GROUP = 1.5


def suggestions(frame: Frame, columns: Sequence[str], kinds: Mapping[str, Kind]) -> Iterator[Suggestion]:
    """What a person may want to state; only where no value is missing, as the split needs one for each row.

    Args:
        frame: with the columns.
        columns: to look at.
        kinds: what those are that are learned from.
    """
    for name in columns:
        cells = frame.columns[name]
        if cells.isna().any():
            continue
        different = cells.nunique()
        dated = kinds.get(name) == "date"
        moments = dated or (is_number(cells) and noun(name, MOMENTS))
        if moments and different >= FEWEST_MOMENTS and not says(name, NOT_OF_THE_ROW):
            yield Suggestion("time", name, "to train on earlier rows and compare on later ones, as in use")
        elif not dated and _is_group(frame, name, different):
            rows = frame.rows / different
            what = f"{different:,} different, {rows:.1f} rows each"
            yield Suggestion("group", name, f"{what}: keeps rows together that are more alike than others")


def _is_group(frame: Frame, name: str, different: int) -> bool:
    """Whether a column tells whose the rows are."""
    cells = frame.columns[name]
    word = noun(name, GROUPS) or (None if says(name, CODES) else noun(name, IDENTIFIERS))
    if word is None or different < FEWEST_GROUPS or different * ROWS_A_GROUP > frame.rows:
        return False
    return is_text(cells) or whole(numbers_of(cells))
