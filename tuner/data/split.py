"""Which rows are for training, which for validation and which for the test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tuner.data.table import Table
from tuner.errors import DataError

RowIndexes = NDArray[np.int64]

SHOWN_CLASSES = 3
"""How many classes with too few rows an error names."""


@dataclass(frozen=True, eq=False)
class Split:
    """The rows of each part: int64 indexes into the table, ascending. Every row is in exactly one part.

    The order in which rows are trained on is the trainer's business, not the split's.
    """

    train: RowIndexes
    validation: RowIndexes
    test: RowIndexes


def split_rows(table: Table, *, validation: float, test: float, seed: int) -> Split:
    """A random split in which every class has its share of each part, and at least one row in it.

    Args:
        table: what to split; a regression's rows count as one class.
        validation: share of the rows, above 0.
        test: share of the rows, 0 for none; below 1 together with `validation`.
        seed: the same seed gives the same split, on every platform.
    Raises:
        DataError: if a class has fewer rows than there are parts.
    """
    strata = table.y if table.classes else np.zeros(table.rows, dtype=np.int32)
    _check_enough_rows(table, strata, parts=3 if test else 2)
    # NumPy freezes the stream of RandomState for good, that of a Generator only within a version.
    order = np.random.RandomState(seed).permutation(table.rows)
    parts: tuple[list[RowIndexes], ...] = ([], [], [])
    owed = np.zeros(2)
    by_stratum = order[np.argsort(strata[order], kind="stable")]
    for rows in np.split(by_stratum, np.cumsum(np.bincount(strata))[:-1]):
        shares = len(rows) * np.array([validation, test])
        held = _whole_rows(shares + owed, len(rows), keep_test=test > 0)
        # What rounding took from this class goes to the next, so that the totals are right. Rows that a small class
        # got beyond its share are not taken back: a large class would pay for many small ones.
        owed = np.clip(shares + owed - held, -0.5, 0.5)
        pieces = np.split(rows, [len(rows) - held.sum(), len(rows) - held[1]])
        for part, piece in zip(parts, pieces, strict=True):
            part.append(piece)
    train, validating, testing = (np.sort(np.concatenate(part)).astype(np.int64) for part in parts)
    return Split(train, validating, testing)


def _whole_rows(wanted: NDArray[np.float64], rows: int, *, keep_test: bool) -> NDArray[np.int64]:
    """How many of a class's rows go to validation and to test, with at least one row left for each part."""
    least = np.array([1, int(keep_test)])
    held: NDArray[np.int64] = np.maximum(np.floor(wanted + 0.5).astype(np.int64), least)
    while held.sum() > rows - 1:
        held[np.argmax(held)] -= 1
    return held


def _check_enough_rows(table: Table, strata: NDArray[np.int32], *, parts: int) -> None:
    kinds = "training, validation and test" if parts == 3 else "training and validation"
    if not table.classes:
        if table.rows < parts:
            raise DataError(
                f"{table.name}: the table has {_rows(table.rows)}, but needs at least {parts}: "
                f"one each for {kinds}. Add rows."
            )
        return
    counts = np.bincount(strata, minlength=len(table.classes))
    small = [number for number in range(len(table.classes)) if counts[number] < parts]
    if not small:
        return
    named = [f'class "{table.classes[number]}" has {_rows(int(counts[number]))}' for number in small[:SHOWN_CLASSES]]
    if len(small) > SHOWN_CLASSES:
        named.append(f"{len(small) - SHOWN_CLASSES} more classes have as few")
    ways_out = ["Add rows", "merge or remove such classes"]
    if parts == 3 and all(counts[number] == 2 for number in small):
        ways_out.append("set test = 0")
    ways_out.append('state task = "regression" if the target is a quantity')
    raise DataError(
        f"{table.name}: {', '.join(named)}, but each class needs at least {parts}: "
        f"one each for {kinds}. {', '.join(ways_out[:-1])}, or {ways_out[-1]}."
    )


def _rows(count: int) -> str:
    return f"{count} row" if count == 1 else f"{count} rows"
