"""What stands where a value is missing, beside what says so in every file."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from tuner.data.frame import Frame
from tuner.data.kinds import MOST_LEVELS_OF_FEW_ROWS, MOSTLY
from tuner.data.look.cells import FloatArray, Levels, is_number, is_text, levels_of, numbers_of
from tuner.data.look.dates import best_format
from tuner.data.look.findings import Marker
from tuner.data.look.words import count, figure, share
from tuner.data.sources.dialect import NUMBER

_SPELLED = (
    "unknown|unk|missing|none|nil|null|na|n.a.|n.a|n/d|nd|n.d.|not available|not applicable|not known|no data|"
    "undefined|unbekannt|keine angabe|k.a.|k. a.|-|--|---|.|..|...|*|#value!|#div/0!|#ref!|#name?|#num!|(null)|"
    "<null>|\\n|tbd"
)

WORDS = frozenset(_SPELLED.split("|"))
"""Texts, in small letters, that say that there is no value."""

HALF = 0.5
FEWEST_VALUES = 5
MOST_ODD = 5
"""So many different texts among numbers may be typing mistakes; more are a kind of their own."""

SENTINEL = re.compile(r"-?(9{2,7}|8{3,7}|7{3,7})")
FEWEST_ROWS = 3
FEWEST_SHARE = 0.01


def text_markers(frame: Frame, columns: Collection[str]) -> Iterator[tuple[str, Marker]]:
    """Texts among numbers or dates that stand for a missing value, or are typing mistakes; each with its column."""
    for name in columns:
        cells = frame.columns[name]
        if not is_text(cells):
            if is_number(cells):
                yield from ((name, marker) for marker in _infinite(name, numbers_of(cells)))
            continue
        levels = levels_of(cells)
        for index, what in _odd(levels):
            text, rows = levels.texts[index], int(levels.counts[index])
            reason = f'{count(rows, "row")} of "{name}" ({share(rows, levels.rows)}), which holds {what}'
            if text.lower() not in WORDS and rows == 1:
                reason += "; a typing mistake? Mend it"
            yield name, Marker(text, reason)


def _infinite(name: str, values: FloatArray) -> Iterator[Marker]:
    for text, value in (("inf", np.inf), ("-inf", -np.inf)):
        if rows := int((values == value).sum()):
            yield Marker(text, f'{count(rows, "row")} of "{name}": nothing can be computed with it')


def _odd(levels: Levels) -> Sequence[tuple[int, str]]:
    """The texts that do not belong to a column which is otherwise of numbers or dates, and what it is of."""
    numeric = np.array([NUMBER.fullmatch(text) is not None for text in levels.texts], bool)
    for fitting, what in ((numeric, "numbers"), (_dated(levels, numeric), "dates")):
        odd = [(int(index), what) for index in np.flatnonzero(~fitting)]
        fits = int(levels.counts[fitting].sum())
        values = int(fitting.sum())
        if not odd or values < FEWEST_VALUES or fits < HALF * levels.rows:
            continue
        others = [index for index, _ in odd if levels.texts[index].lower() not in WORDS]
        if not others:
            return odd
        if len(others) <= MOST_ODD and values > MOST_LEVELS_OF_FEW_ROWS and fits > MOSTLY * levels.rows:
            return odd
    return ()


def _dated(levels: Levels, numeric: NDArray[np.bool_]) -> NDArray[np.bool_]:
    if numeric.all():
        return ~numeric
    return best_format(levels).fits


def number_markers(frame: Frame, columns: Collection[str], others: Collection[str]) -> tuple[list[Marker], list[str]]:
    """Numbers such as -999 that stand far outside of a column's others, and again and again.

    Args:
        frame: with the columns.
        columns: to look at.
        others: columns in which such a number must not be lost, such as the target.
    Returns:
        The markers, and cautions about numbers that look like one, but are ordinary in some other column.
    """
    found: dict[float, str] = {}
    for name in columns:
        if is_number(cells := frame.columns[name]):
            for value, reason in _sentinels(numbers_of(cells)):
                found.setdefault(value, f'{reason} of "{name}"')
    markers, cautions = [], []
    for value, reason in found.items():
        ordinary = next((name for name in [*others, *columns] if _is_ordinary(frame, name, value, name in others)), "")
        if ordinary:
            cautions.append(
                f'{figure(value)} may stand for a missing value ({reason}), but is a value of "{ordinary}" too, so '
                "that it cannot be stated in missing, which is for all columns"
            )
        else:
            markers.append(Marker(value, reason))
    return markers, cautions


def _sentinels(values: FloatArray) -> Iterator[tuple[float, str]]:
    """The lowest and the highest value, if they stand for none."""
    if not len(values) or not np.isfinite(values).all():
        return
    for value in dict.fromkeys((float(values.min()), float(values.max()))):
        rest = values[values != value]
        rows = len(values) - len(rest)
        if rows >= max(FEWEST_ROWS, FEWEST_SHARE * len(values)) and _stands_out(value, rest):
            low, high = figure(float(rest.min())), figure(float(rest.max()))
            yield value, f"{count(rows, 'row')} ({share(rows, len(values))}), while all others lie in {low} to {high},"


def _stands_out(value: float, rest: FloatArray) -> bool:
    """Whether a value is spelled like a marker, and far outside of the others."""
    if not SENTINEL.fullmatch(figure(value)) or len(np.unique(rest[:1000])) < 2:
        return False
    low, high = float(rest.min()), float(rest.max())
    gap = low - value if value < low else value - high
    return gap >= high - low or (value <= -999 and low >= 0)


def _is_ordinary(frame: Frame, name: str, value: float, precious: bool) -> bool:
    """Whether a number occurs in a column as a value like any other."""
    cells = frame.columns[name]
    if is_text(cells):
        return any(_same(text, value) for text in cells.cat.categories)
    if not is_number(cells):
        return False
    values = numbers_of(cells)
    rest = values[values != value]
    if len(rest) == len(values):
        return False
    return precious or not len(rest) or not _stands_out(value, rest)


def _same(text: str, value: float) -> bool:
    return NUMBER.fullmatch(text) is not None and float(text.replace(",", ".")) == value
