"""What a column is: numbers, categories, levels in an order, or dates; what a study states outweighs its look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tuner.data.column import Column, number_of, quoted
from tuner.data.dates import date_format, days
from tuner.data.table import Feature

MOST_LEVELS_OF_FEW_ROWS = 20
"""A column of texts with at most so many different ones is of categories, however few rows there are."""

SHARE_OF_TEXT = 0.5
"""A column with more different texts than this share of its rows is free text or an identifier."""

MOSTLY = 0.8
"""A column of which this share are numbers is meant to be of numbers."""

MANY_WORDS = 4
"""Texts of more words than this, on average, are free text."""


@dataclass(frozen=True, eq=False)
class Understood:
    """A column, understood.

    Attributes:
        feature: what it is.
        values: float64 [rows], as in `Table.x`.
    """

    feature: Feature
    values: NDArray[np.float64]


def understand(column: Column, stated: str | tuple[str, ...] | None) -> Understood:
    """What a column is, and its values as numbers.

    Args:
        column: with its cells.
        stated: what the study says it is; None to go by its cells.
    Raises:
        DataError: if a value does not fit, or if the column is of no use to a network.
    """
    if isinstance(stated, tuple):
        return _ordinal(column, stated)
    if stated == "number":
        return _numbers(column, "but should be a number, as stated. Mend it, or add it to missing.")
    if stated == "category":
        return _category(column, _texts(column))
    if stated is not None:
        return _dates(column, None if stated == "date" else stated)
    cells = column.cells
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return _dates(column, None)
    if not isinstance(cells.dtype, pd.CategoricalDtype):
        return _numbers(column, "")
    return _texts_understood(column)


def _texts_understood(column: Column) -> Understood:
    texts = _texts(column)
    levels = [str(level) for level in texts.cat.categories]
    count = int(texts.notna().sum())
    numeric = np.array([number_of(level) is not None for level in levels] + [False])
    numbers = int(numeric[texts.cat.codes.to_numpy()].sum())
    if count and numbers == count:
        return _numbers(column, "")
    if numbers > MOSTLY * count and len(levels) > MOST_LEVELS_OF_FEW_ROWS:
        return _numbers(
            column,
            "but the column holds numbers. Mend it, add it to missing if it says that there is no value, or state "
            f'{_toml_place(column.name)} = "category".',
        )
    form = date_format(column, levels)
    if form is not None:
        return _dates(column, form)
    _refuse_free_text(column, levels, count)
    return _category(column, texts)


def _refuse_free_text(column: Column, levels: list[str], count: int) -> None:
    if len(levels) <= MOST_LEVELS_OF_FEW_ROWS:
        return
    words = sum(len(level.split()) for level in levels[:1000]) / len(levels[:1000])
    if len(levels) <= SHARE_OF_TEXT * count and words <= MANY_WORDS:
        return
    what = "free text" if words > MANY_WORDS else "an identifier or free text"
    raise column.complaint(
        f"has {len(levels)} different texts in {count} rows, such as {quoted(levels[0])}: {what}, of which a network "
        f'learns nothing as it is. Leave it out with drop = ["{column.name}"], turn it into numbers beforehand, or '
        f'state {_toml_place(column.name)} = "category".'
    )


def _toml_place(name: str) -> str:
    """How a study states what a column is."""
    bare = name.replace("_", "").replace("-", "").isalnum() and name.isascii()
    return f"types.{name}" if bare else f'types."{name}"'


def _numbers(column: Column, otherwise: str) -> Understood:
    return Understood(Feature(column.name, "number"), column.numbers(otherwise))


def _texts(column: Column) -> pd.Series[Any]:
    """The cells as categories of texts; whole numbers without a decimal point."""
    cells = column.cells
    if isinstance(cells.dtype, pd.CategoricalDtype):
        return cells
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return cells.astype(str).where(cells.notna()).astype("category")
    as_category = cells.astype("category")
    names = [str(int(level)) if float(level).is_integer() else repr(level) for level in as_category.cat.categories]
    return as_category.cat.rename_categories(names)


def _category(column: Column, texts: pd.Series[Any]) -> Understood:
    # Numbered in the order of the texts, which does not depend on which rows there are.
    levels = [str(level) for level in texts.cat.categories]
    order = sorted(range(len(levels)), key=levels.__getitem__)
    number_of_code = np.empty(len(levels) + 1, np.float64)
    number_of_code[order] = np.arange(len(levels))
    number_of_code[-1] = np.nan
    feature = Feature(column.name, "category", tuple(levels[code] for code in order))
    return Understood(feature, number_of_code[texts.cat.codes.to_numpy()])


def _ordinal(column: Column, levels: tuple[str, ...]) -> Understood:
    texts = _texts(column)
    place = {level: number for number, level in enumerate(levels)}
    unknown = [level for level in texts.cat.categories if level not in place]
    codes = texts.cat.codes.to_numpy()
    if unknown:
        row = int(np.flatnonzero(np.isin(codes, [list(texts.cat.categories).index(unknown[0])]))[0])
        raise column.complaint(f"is {quoted(unknown[0])}, which is none of the levels that types lists for it", row)
    of_code = np.array([*(place[level] for level in texts.cat.categories), np.nan], np.float64)
    return Understood(Feature(column.name, "ordinal", levels), of_code[codes])


def _dates(column: Column, form: str | None) -> Understood:
    return Understood(Feature(column.name, "date"), days(column, form))
