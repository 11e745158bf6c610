"""Dates: which format a column of texts has, and each date as a number of days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tuner.data.column import Column, quoted

DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%d %b %Y", "%b %d, %Y")
TIMES = ("", " %H:%M", " %H:%M:%S", "T%H:%M:%S")
SAMPLE = 1000
"""Texts that are looked at to see a format."""

NANOSECONDS_A_DAY = 86_400 * 10**9


def date_format(column: Column, texts: Sequence[str]) -> str | None:
    """The format of texts that are all dates; None if they are not.

    Args:
        column: for a complaint.
        texts: different texts.
    Raises:
        DataError: if they can be read in two ways.
    """
    if not texts or not all(any(character.isdigit() for character in text) for text in texts[:SAMPLE]):
        return None
    sample = pd.Series(list(texts[:SAMPLE]), dtype=str)
    forms = [day + time for day in DAYS for time in TIMES]
    # One text rules out nearly all of them.
    likely = [form for form in forms if _read(sample[:1], form).notna().all()]
    fitting = [form for form in likely if _read(sample, form).notna().all()]
    if len(fitting) > 1:
        raise column.complaint(
            f'is {quoted(texts[0])} and the like, which can be read as "{fitting[0]}" and as "{fitting[1]}". Say which '
            f'in [data]: types = {{ "{column.name}" = "{fitting[0]}" }}'
        )
    return fitting[0] if fitting else None


def days(column: Column, form: str | None) -> NDArray[np.float64]:
    """Dates as days since 1970 began, float64 [rows]; NaN where one is missing.

    Args:
        column: of dates, or of texts.
        form: the format of the texts; None for ISO 8601.
    Raises:
        DataError: at the first text that is no such date.
    """
    cells = column.cells
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return _days(cells)
    if not isinstance(cells.dtype, pd.CategoricalDtype):
        raise column.complaint("has numbers, but is stated to hold dates. Turn them into dates beforehand.")
    levels = pd.Series(cells.cat.categories.astype(str), dtype=str)
    read = _read(levels, form or "ISO8601")
    codes = cells.cat.codes.to_numpy()
    bad = np.flatnonzero(np.isin(codes, np.flatnonzero(read.isna())))
    if len(bad):
        expected = f'of the format "{form}"' if form else "such as 2026-01-31"
        raise column.complaint(
            f"is {quoted(levels[codes[bad[0]]])}, but should be a date {expected}. Mend it, or state its format in "
            "types.",
            int(bad[0]),
        )
    return np.append(_days(read), np.nan)[codes]


def _read(texts: pd.Series[Any], form: str) -> pd.Series[Any]:
    """Dates as UTC without a time zone; NaT for what is none."""
    read = pd.to_datetime(texts, format=form, errors="coerce", utc=True)
    return read.dt.tz_localize(None)


def _days(dates: pd.Series[Any]) -> NDArray[np.float64]:
    whole = dates.astype("datetime64[us]").to_numpy()
    numbers = whole.astype("int64") / (NANOSECONDS_A_DAY / 1000)
    return np.where(np.isnat(whole), np.nan, numbers)
