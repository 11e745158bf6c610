"""Columns of which a network learns nothing: empty, constant, counted, or there twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tuner.data.frame import Frame
from tuner.data.look.cells import FloatArray, contents, is_number, is_text, whole
from tuner.data.look.findings import Dropped
from tuner.data.look.names import IDENTIFIERS, TIMES, noun, says
from tuner.data.look.words import figure

FEWEST_ROWS = 10
"""Of fewer rows 1, 2, 3 may be anything."""


def useless_columns(frame: Frame, columns: Sequence[str]) -> Iterator[Dropped]:
    """Columns that are better left out, each with the first reason."""
    first: dict[tuple[str, bytes], str] = {}
    for name in columns:
        if reason := _alone(frame, name):
            yield Dropped(name, reason)
            continue
        same = first.setdefault(contents(frame.columns[name]), name)
        if same != name:
            yield Dropped(name, f'the same as "{same}" in every row')


def _alone(frame: Frame, name: str) -> str | None:
    """Why a column is of no use, whatever the others are."""
    cells = frame.columns[name]
    missing = int(cells.isna().sum())
    if missing == frame.rows:
        return "no value in any row"
    if not missing and cells.nunique() == 1:
        value = cells.iloc[0]
        return f'constant: "{value}" in every row' if is_text(cells) else f"constant: {_shown(value)} in every row"
    if is_number(cells) and not missing and frame.rows >= FEWEST_ROWS:
        return _identifier(frame, name, cells.to_numpy(dtype=np.float64))
    return None


def _shown(value: object) -> str:
    return figure(value) if isinstance(value, float) else str(value)


def _identifier(frame: Frame, name: str, values: FloatArray) -> str | None:
    """Whether whole numbers count the rows, or only tell them apart."""
    if not whole(values) or says(name, TIMES):
        return None
    steps = np.diff(values)
    # Each file may begin to count anew.
    between = np.cumsum([part.rows for part in frame.parts])[:-1] - 1
    within = np.ones(len(steps), bool)
    within[between[between < len(steps)]] = False
    if (steps[within] == 1).all():
        return f"counts the rows: {figure(values[0])}, {figure(values[1])}, {figure(values[2])}, ..."
    word = noun(name, IDENTIFIERS)
    if word and len(np.unique(values)) == len(values):
        return f'an identifier: all {len(values):,} whole numbers are different, and "{word}" says so'
    return None
