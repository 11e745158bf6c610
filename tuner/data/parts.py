"""A table with its split, or its splits: which rows are for what, in every fold of every repetition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tuner.data.folds import fold_rows
from tuner.data.row_numbers import read_row_numbers
from tuner.data.split import Split, split_rows
from tuner.data.table import Table
from tuner.seeds import derive_seed
from tuner.study.data_settings import DataSettings


@dataclass(frozen=True, eq=False)
class Parts:
    """A table with its splits.

    Attributes:
        table: every row, as understood.
        split: which rows are for the test, and which for the rest.
        splits: what each training of a trial goes by: repetition by repetition, and fold by fold in each. Without folds
            all repetitions share one split.
    """

    table: Table
    split: Split
    splits: Sequence[Sequence[Split]]


def parts_of(table: Table, settings: DataSettings, *, seed: int, root: Path) -> Parts:
    """Splits a table as a study says.

    Args:
        table: every row.
        settings: the shares of the parts, or where else they come from; folds and repeats.
        seed: the study's.
        root: where a relative path starts.
    Raises:
        DataError: if the table cannot be split so.
    """
    named = [
        None if file is None else read_row_numbers(file, root, table.rows)
        for file in (settings.validation_rows, settings.test_rows)
    ]
    split = split_rows(
        table,
        validation=settings.validation_share,
        test=settings.test_share,
        seed=derive_seed(seed, "split"),
        validation_rows=named[0],
        test_rows=named[1],
    )
    if settings.folds is None:
        return Parts(table, split, [[split]])
    folds = [
        fold_rows(table, split, settings.folds, seed=derive_seed(seed, "folds", repeat))
        for repeat in range(settings.repeats)
    ]
    return Parts(table, split, folds)
