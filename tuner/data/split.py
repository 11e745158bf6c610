"""Which rows are for training, which for validation and which for the test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tuner.data.table import TEST, TRAIN, VALIDATION, Table
from tuner.errors import DataError

RowIndexes = NDArray[np.int64]

SHOWN_CLASSES = 3
"""How many classes with too few rows a note names."""


@dataclass(frozen=True, eq=False)
class Split:
    """The rows of each part: int64 indexes into the table, ascending. Every row is in exactly one part.

    The order in which rows are trained on is the trainer's business, not the split's.

    Attributes:
        train, validation, test: the rows.
        notes: what a person should know of how it was split, one sentence each.
    """

    train: RowIndexes
    validation: RowIndexes
    test: RowIndexes
    notes: Sequence[str] = ()


def split_rows(
    table: Table,
    *,
    validation: float,
    test: float,
    seed: int,
    validation_rows: RowIndexes | None = None,
    test_rows: RowIndexes | None = None,
) -> Split:
    """Splits a table: at random, so that every class has its share of each part; by groups; or by time.

    Args:
        table: what to split; a regression's rows count as one class. Rows that files of their own bring stay where
            they are.
        validation: share of the rows, 0 where they are fixed, or where folds take their turns.
        test: share of the rows, 0 for none; below 1 together with `validation`.
        seed: the same seed gives the same split, on every platform.
        validation_rows, test_rows: the rows of a part, where the study names them.
    Raises:
        DataError: if there are too few rows.
    """
    fixed = np.full(table.rows, TRAIN, np.int8) if table.fixed is None else table.fixed.copy()
    for part, named in ((VALIDATION, validation_rows), (TEST, test_rows)):
        if named is not None:
            fixed[named] = part
    free = np.flatnonzero(fixed == TRAIN).astype(np.int64)
    shares = (validation, test)
    _check_enough_rows(table, len(free), parts=1 + sum(share > 0 for share in shares))
    notes: tuple[str, ...] = ()
    if table.times is not None:
        chosen = _by_time(table, free, shares)
    elif table.groups is not None:
        chosen = _by_groups(table, free, shares, seed)
    else:
        chosen, notes = _by_classes(table, free, shares, seed)
    for share, rows, kind in zip(shares, chosen, ("validation", "test"), strict=True):
        if share > 0 and not len(rows):
            raise DataError(
                f"{table.name}: no row is left for {kind}: {table.rows} rows of {len(table.classes)} classes, nearly "
                f'all with a single row. Add rows, or state task = "regression" if the target is a quantity.'
            )
    validating = np.concatenate([chosen[0], np.flatnonzero(fixed == VALIDATION)])
    testing = np.concatenate([chosen[1], np.flatnonzero(fixed == TEST)])
    held = np.zeros(table.rows, bool)
    held[validating] = held[testing] = True
    return Split(np.flatnonzero(~held).astype(np.int64), _sorted(validating), _sorted(testing), notes)


def _sorted(rows: NDArray[np.int64]) -> RowIndexes:
    return np.sort(rows).astype(np.int64)


def _by_classes(
    table: Table, free: RowIndexes, shares: tuple[float, float], seed: int
) -> tuple[tuple[RowIndexes, RowIndexes], tuple[str, ...]]:
    """At random, with every class's share in each part."""
    strata = table.y[free] if table.classes else np.zeros(len(free), dtype=np.int32)
    # NumPy freezes the stream of RandomState for good, that of a Generator only within a version.
    order = np.random.RandomState(seed).permutation(len(free))
    parts: tuple[list[RowIndexes], ...] = ([], [])
    owed = np.zeros(2)
    small: list[int] = []
    by_stratum = order[np.argsort(strata[order], kind="stable")]
    wanted = np.array(shares)
    for rows in np.split(by_stratum, np.cumsum(np.bincount(strata))[:-1]):
        if not len(rows):
            continue
        counts = len(rows) * wanted
        held = _whole_rows(counts + owed, len(rows), wanted > 0)
        if len(rows) < 1 + (wanted > 0).sum():
            small.append(int(strata[rows[0]]))
        # What rounding took from this class goes to the next, so that the totals are right. Rows that a small class
        # got beyond its share are not taken back: a large class would pay for many small ones.
        owed = np.clip(counts + owed - held, -0.5, 0.5)
        pieces = np.split(rows, [len(rows) - held.sum(), len(rows) - held[1]])
        for part, piece in zip(parts, pieces[1:], strict=True):
            part.append(free[piece])
    notes = (_note(table, small),) if small else ()
    return (np.concatenate(parts[0]), np.concatenate(parts[1])), notes


def _whole_rows(wanted: NDArray[np.float64], rows: int, there: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many of a class's rows go to validation and to test: one at least, but one is left for training first."""
    least = there.astype(np.int64)
    held: NDArray[np.int64] = np.where(there, np.maximum(np.floor(wanted + 0.5).astype(np.int64), least), 0)
    while held.sum() > rows - 1:
        # Of one each, the test's goes first: what cannot be compared cannot be chosen.
        held[len(held) - 1 - np.argmax(held[::-1])] -= 1
    return held


def _note(table: Table, small: Sequence[int]) -> str:
    """What became of classes with fewer rows than there are parts."""
    named = ", ".join(f'"{table.classes[number]}"' for number in small[:SHOWN_CLASSES])
    more = f" and {len(small) - SHOWN_CLASSES} more" if len(small) > SHOWN_CLASSES else ""
    return (
        f"{table.name}: too few rows of class {named}{more} for every part; what there is goes to training first, then "
        "to validation, then to the test"
    )


def _by_groups(table: Table, free: RowIndexes, shares: tuple[float, float], seed: int) -> tuple[RowIndexes, RowIndexes]:
    """At random by groups, so that the rows of a group stay together."""
    assert table.groups is not None
    groups, inverse, sizes = np.unique(table.groups[free], return_inverse=True, return_counts=True)
    parts = 1 + sum(share > 0 for share in shares)
    if len(groups) < parts:
        raise DataError(
            f"{table.name}: the rows have {len(groups)} different groups, but a split into {parts} parts needs at "
            f"least {parts}. Add rows of other groups, or leave group out."
        )
    order = np.random.RandomState(seed).permutation(len(groups))
    part_of = np.zeros(len(groups), np.int8)
    left = list(order)
    for part, share in ((TEST, shares[1]), (VALIDATION, shares[0])):
        wanted, got = share * len(free), 0.0
        still = 2 if part == TEST and shares[0] > 0 else 1
        while share > 0 and len(left) > still and (got == 0 or got + sizes[left[-1]] / 2 <= wanted):
            group = left.pop()
            part_of[group] = part
            got += sizes[group]
    of_row = part_of[inverse]
    return free[of_row == VALIDATION], free[of_row == TEST]


def _by_time(table: Table, free: RowIndexes, shares: tuple[float, float]) -> tuple[RowIndexes, RowIndexes]:
    """The latest rows for the test, those before them for validation; rows of the same moment stay together."""
    assert table.times is not None
    times = table.times[free]
    moments, counts = np.unique(times, return_counts=True)
    parts = 1 + sum(share > 0 for share in shares)
    if len(moments) < parts:
        raise DataError(
            f"{table.name}: the rows are of {len(moments)} different moments, but a split by time into {parts} parts "
            f"needs at least {parts}. Leave time out, or add rows."
        )
    # How many rows are earlier than each moment.
    earlier = np.concatenate([[0], np.cumsum(counts)])
    first_test = _nearest(earlier, len(free) * (1 - shares[1]), parts - 1, len(moments) - (shares[1] > 0))
    first_validation = _nearest(earlier, len(free) * (1 - shares[1] - shares[0]), 1, first_test - (shares[0] > 0))
    of_row = np.searchsorted(moments, times)
    return free[(of_row >= first_validation) & (of_row < first_test)], free[of_row >= first_test]


def _nearest(earlier: NDArray[np.int64], wanted: float, lowest: int, highest: int) -> int:
    """The moment before which there are about as many rows as wanted."""
    return int(np.clip(np.argmin(np.abs(earlier - wanted)), lowest, highest))


def _check_enough_rows(table: Table, rows: int, *, parts: int) -> None:
    if rows < parts:
        kinds = {1: "training", 2: "training and validation", 3: "training, validation and test"}[parts]
        raise DataError(
            f"{table.name}: the table has {rows} {'row' if rows == 1 else 'rows'}, but needs at least {parts}: "
            f"one each for {kinds}. Add rows."
        )
