"""Which format the dates of a column have, where they could be read in two ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tuner.data.dates import DAYS, TIMES
from tuner.data.look.cells import Levels

ISO = "date"
FIRST_TEXTS = 50
DIGITS = "%Y%m%d"
"""Dates as whole numbers, such as 20260131."""


@dataclass(frozen=True, eq=False)
class Fit:
    """How well a format fits a column's texts.

    Attributes:
        form: the format, as `types` states it.
        fits: bool [texts], which of them are such dates.
    """

    form: str
    fits: NDArray[np.bool_]


def best_format(levels: Levels) -> Fit:
    """The format that fits most rows; the first of several that do."""
    return max(_fits(levels), key=lambda fit: int(levels.counts[fit.fits].sum()))


def _fits(levels: Levels) -> list[Fit]:
    texts = pd.Series(list(levels.texts), dtype=str)
    digits = texts.str.contains(r"\d").to_numpy(dtype=bool)
    none = Fit(ISO, np.zeros(len(texts), bool))
    if not digits.any():
        return [none]
    first = texts[digits][:FIRST_TEXTS]
    fits = [none]
    for form in ("ISO8601", *(day + time for day in DAYS for time in TIMES)):
        # A format that fits none of the first texts is not worth the time that all of them take.
        if read(first, form).notna().any():
            likely = read(texts, form).notna().to_numpy() & digits
            # pandas takes a bare year for an ISO date, which a person means as a number.
            fits.append(Fit(ISO if form == "ISO8601" else form, likely & (texts.str.len() >= 8).to_numpy()))
    return fits


def read(texts: pd.Series[Any], form: str) -> pd.Series[Any]:
    """Texts as moments in UTC; NaT for what is none."""
    return pd.to_datetime(texts, format=form, errors="coerce", utc=True).dt.tz_localize(None)


def fitting_formats(texts: Sequence[str]) -> list[str]:
    """All formats that all texts have, ISO 8601 apart."""
    every = pd.Series(list(texts), dtype=str)
    first = every[:FIRST_TEXTS]
    forms = [day + time for day in DAYS for time in TIMES]
    return [form for form in forms if read(first, form).notna().all() and read(every, form).notna().all()]


def likelier(cells: pd.Series[Any], forms: Sequence[str], elsewhere: Sequence[str]) -> tuple[str, str]:
    """Which of several formats a column has, and why.

    Args:
        cells: of texts that all fit each of the formats.
        forms: two or more.
        elsewhere: formats of the table's other columns, where there is no doubt.
    """
    for form in forms:
        if form[:5] in {other[:5] for other in elsewhere}:
            return form, "as in another column of this file, where there is no doubt"
    moments = {form: read(cells.dropna().astype(str), form) for form in forms}
    ordered = [form for form in forms if _in_order(moments[form])]
    if len(ordered) == 1:
        return ordered[0], "read so, the rows are in order"
    spans = {form: _span(moments[form]) for form in forms}
    shortest = min(forms, key=spans.__getitem__)
    if all(3 * spans[shortest] <= spans[form] for form in forms if form != shortest):
        days = int(spans[shortest])
        return shortest, f"read so, all dates lie within {max(days, 1)} days, and otherwise within far more"
    first = next((form for form in forms if form.startswith("%d")), forms[0])
    return first, "nothing in the file tells which; if the month comes first, state the other"


def _in_order(moments: pd.Series[Any]) -> bool:
    return len(moments) > 2 and (moments.is_monotonic_increasing or moments.is_monotonic_decreasing)


def _span(moments: pd.Series[Any]) -> float:
    """Days from the first to the last moment."""
    return float((moments.max() - moments.min()) / pd.Timedelta(days=1))


def in_digits(values: NDArray[np.float64]) -> bool:
    """Whether whole numbers are dates such as 20260131, of 1900 to 2100."""
    different = np.unique(values)
    if len(different) < 10 or different[0] < 19000101 or different[-1] > 21001231 or (different % 1 != 0).any():
        return False
    texts = pd.Series(different.astype(np.int64).astype(str))
    return bool(read(texts, DIGITS).notna().all())
