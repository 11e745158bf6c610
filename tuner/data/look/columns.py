"""The columns that a network learns from, in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from tuner.data.look.findings import Seen
from tuner.data.look.words import figure, some
from tuner.data.table import Feature, Table

MOST_INPUTS = 50
"""A category's levels share inputs beyond so many, unless a study says otherwise."""

INPUTS_OF_A_DATE = 5
FAR = 20.0
"""How many quartile distances beyond the quartiles a value is far outside."""

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def seen(table: Table) -> Iterator[Seen]:
    """Every feature of a table, in its order."""
    for index, feature in enumerate(table.features):
        values = table.x[:, index]
        there = values[~np.isnan(values)]
        yield Seen(feature.name, feature.kind, _words(feature, there), len(values) - len(there))


def _words(feature: Feature, values: NDArray[np.float64]) -> str:
    if not len(values):
        return "no value"
    if feature.kind == "number":
        return f"{figure(values.min())} to {figure(values.max())}"
    if feature.kind == "date":
        return f"{_day(values.min())} to {_day(values.max())}"
    counts = np.bincount(values.astype(np.int64), minlength=len(feature.levels))
    order = np.argsort(-counts, kind="stable")
    return f"{len(feature.levels)} levels: {some([feature.levels[number] for number in order])}"


def _day(days: float) -> str:
    try:
        return (BEGINNING + timedelta(days=float(days))).date().isoformat()
    except OverflowError:
        return f"day {days:.0f}"


def inputs_of(table: Table) -> int:
    """About how many numbers a network sees of each row."""
    of_kind = {"number": 1, "ordinal": 1, "date": INPUTS_OF_A_DATE}
    return sum(of_kind.get(each.kind) or min(len(each.levels), MOST_INPUTS) for each in table.features)


def tailed(table: Table) -> Iterator[str]:
    """Columns of numbers of which a few lie far outside of the rest."""
    for index in table.columns_of("number"):
        values = table.x[:, index]
        values = values[~np.isnan(values)]
        if not len(values):
            continue
        with np.errstate(over="ignore"):
            low, high = np.quantile(values, [0.25, 0.75])
            far = FAR * (high - low)
            if far > 0 and (values.max() > high + far or values.min() < low - far):
                yield table.features[index].name
