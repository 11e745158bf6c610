"""Cross-validation: the rows that are not for the test take turns as validation rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tuner.data.split import RowIndexes, Split
from tuner.data.table import Table
from tuner.errors import DataError


def fold_rows(table: Table, split: Split, folds: int, *, seed: int) -> list[Split]:
    """One split for each fold, all with the same test rows.

    Rows are dealt out class by class, so that the folds are of the same size within one row and a class is in as many
    of them as it has rows; a class of a single row is for training only. Groups stay together. With times, a fold is
    validated on rows that are later than all it is trained on (an expanding window), and the earliest rows are for
    training only.

    Args:
        table: what was split.
        split: which rows are for the test; all others take part.
        folds: how many, 2 or more.
        seed: the same seed gives the same folds, on every platform.
    Raises:
        DataError: if there are too few rows, groups or moments.
    """
    rows = np.sort(np.concatenate([split.train, split.validation]))
    if table.times is not None:
        fold = _by_time(table, rows, folds)
    elif table.groups is not None:
        fold = _by_groups(table, rows, folds, seed)
    else:
        fold = _by_classes(table, rows, folds, seed)
    splits = []
    for number in range(folds):
        validation = rows[fold == number]
        train = rows[(fold != number) if table.times is None else (fold < number)]
        if not len(validation) or not len(train):
            raise DataError(
                f"{table.name}: {len(rows)} rows are too few for {folds} folds. Use fewer folds, or add rows."
            )
        splits.append(Split(train, validation, split.test, split.notes))
    return splits


def _by_classes(table: Table, rows: RowIndexes, folds: int, seed: int) -> NDArray[np.int64]:
    """The fold of each row; -1 for a row that is for training only."""
    order = np.random.RandomState(seed).permutation(len(rows))
    strata = table.y[rows] if table.classes else np.zeros(len(rows), np.int64)
    by_class = order[np.argsort(strata[order], kind="stable")]
    alone = np.bincount(strata)[strata[by_class]] == 1 if table.classes else np.zeros(len(rows), bool)
    fold = np.full(len(rows), -1, np.int64)
    dealt = by_class[~alone]
    fold[dealt] = np.arange(len(dealt)) % folds
    return fold


def _by_groups(table: Table, rows: RowIndexes, folds: int, seed: int) -> NDArray[np.int64]:
    """The fold of each row: the largest groups first, each to the fold that has the fewest rows."""
    assert table.groups is not None
    groups, inverse, sizes = np.unique(table.groups[rows], return_inverse=True, return_counts=True)
    if len(groups) < folds:
        raise DataError(
            f"{table.name}: the rows have {len(groups)} different groups, too few for {folds} folds. Use fewer folds."
        )
    order = np.random.RandomState(seed).permutation(len(groups))
    order = order[np.argsort(-sizes[order], kind="stable")]
    fold_of_group = np.empty(len(groups), np.int64)
    filled = np.zeros(folds, np.int64)
    for group in order:
        fold = int(filled.argmin())
        fold_of_group[group] = fold
        filled[fold] += sizes[group]
    return fold_of_group[inverse]


def _by_time(table: Table, rows: RowIndexes, folds: int) -> NDArray[np.int64]:
    """The fold of each row, -1 for the earliest; rows of the same moment stay together."""
    assert table.times is not None
    moments, inverse, counts = np.unique(table.times[rows], return_inverse=True, return_counts=True)
    if len(moments) <= folds:
        raise DataError(
            f"{table.name}: the rows are of {len(moments)} different moments, too few for {folds} folds that follow "
            f"one another. Use fewer folds."
        )
    fold_of_moment = np.array(list(_windows(counts, folds)), np.int64)
    return fold_of_moment[inverse]


def _windows(counts: NDArray[np.int64], folds: int) -> Iterator[int]:
    """The window of each moment, -1 to folds - 1, of about the same number of rows and none empty."""
    total, passed, window = int(counts.sum()), 0, -1
    for index, count in enumerate(counts):
        left = len(counts) - index
        due = passed >= total * (window + 2) / (folds + 1)
        if index and (due or left <= folds - 1 - window) and window < folds - 1:
            window += 1
        yield window
        passed += int(count)
