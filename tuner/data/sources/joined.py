"""The rows of several files, one after another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from tuner.data.sources.request import Rows
from tuner.errors import DataError, did_you_mean


def check_same_columns(names: Sequence[str], files: Sequence[Rows]) -> None:
    """Raises DataError unless all files have the first one's columns, in any order."""
    first = files[0].columns
    for name, file in zip(names, files, strict=True):
        for column in first:
            if column not in file.columns:
                raise DataError(
                    f'{name}: has no column "{column}", which {names[0]} has.{did_you_mean(column, [*file.columns])}'
                )
        for column in file.columns:
            if column not in first:
                raise DataError(f'{name}: has a column "{column}", which {names[0]} has not')


def of_several_kinds(files: Sequence[Rows]) -> frozenset[str]:
    """Columns that are, say, numbers in one file and texts in another; what has no values is of any kind."""
    return frozenset(
        column
        for column in files[0].columns
        if len({_kind(file.columns[column]) for file in files if file.columns[column].notna().any()}) > 1
    )


def joined(files: Sequence[Rows]) -> Mapping[str, pd.Series[Any]]:
    """The columns of all files, each of one kind in all of them, in the first one's order."""
    if len(files) == 1:
        return files[0].columns
    return {column: _joined([file.columns[column] for file in files]) for column in files[0].columns}


def _kind(column: pd.Series[Any]) -> str:
    return "texts" if isinstance(column.dtype, pd.CategoricalDtype) else str(column.dtype.kind)


def _joined(columns: Sequence[pd.Series[Any]]) -> pd.Series[Any]:
    kinds = {_kind(column) for column in columns if column.notna().any()} or {_kind(column) for column in columns}
    join = JOINED["texts" if "texts" in kinds else min(kinds)]
    return join(columns)


def _joined_texts(columns: Sequence[pd.Series[Any]]) -> pd.Series[Any]:
    empty = next(each for each in columns if _kind(each) == "texts").cat.categories[:0]
    nothing = pd.CategoricalDtype(empty)
    return pd.Series(
        union_categoricals(
            [each if each.notna().any() else pd.Series([None] * len(each), dtype=nothing) for each in columns]
        )
    )


def _joined_numbers(columns: Sequence[pd.Series[Any]]) -> pd.Series[Any]:
    return pd.Series(
        np.concatenate([each.to_numpy() if _kind(each) == "f" else np.full(len(each), np.nan) for each in columns])
    )


def _joined_dates(columns: Sequence[pd.Series[Any]]) -> pd.Series[Any]:
    never = np.datetime64("NaT", "s")
    return pd.Series(
        np.concatenate([each.to_numpy() if _kind(each) == "M" else np.full(len(each), never) for each in columns])
    )


JOINED: Mapping[str, Callable[[Sequence[pd.Series[Any]]], pd.Series[Any]]] = {
    "texts": _joined_texts,
    "f": _joined_numbers,
    "M": _joined_dates,
}
"""How columns of each kind are joined."""
