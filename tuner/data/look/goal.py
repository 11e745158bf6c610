"""The target: which column it may be, what kind it is, and how its values are spread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tuner.data.column import Column
from tuner.data.frame import Frame
from tuner.data.look.cells import is_text
from tuner.data.look.findings import Goal
from tuner.data.look.names import TARGETS, words
from tuner.data.look.words import count, figure, some
from tuner.data.table import Table
from tuner.data.target import MOST_NUMBERED_CLASSES, Target, read_target
from tuner.errors import DataError, did_you_mean
from tuner.study.metrics import Task

SHOWN_COLUMNS = 30
FAR = 10.0
"""How many quartile distances beyond the quartiles a value is far outside."""


def find_target(frame: Frame, stated: str | None) -> str:
    """The name of the column to predict.

    Args:
        frame: with the columns.
        stated: a name, or a position: 1 is the first, -1 the last; a column of just that name comes first.
    Raises:
        DataError: if there is no such column, or none is stated; it lists them, and guesses.
    """
    names = list(frame.columns)
    if stated in frame.columns:
        return str(stated)
    rest = len(names) - SHOWN_COLUMNS
    known = ", ".join(names[:SHOWN_COLUMNS]) + (f" and {rest} more" if rest > 0 else "")
    if stated is None:
        guess, why = guessed_target(names)
        raise DataError(
            f"{frame.name}: which column is to be predicted? Name it with --target; there are {known}. Did you mean "
            f'"{guess}", {why}?'
        )
    position = int(stated) if stated.removeprefix("-").isdecimal() and stated.isascii() else 0
    if 1 <= abs(position) <= len(names):
        return names[position - 1 if position > 0 else position]
    raise DataError(
        f'{frame.name}: has no column "{stated}", which is the target; there are {known}.{did_you_mean(stated, names)}'
    )


def guessed_target(names: Sequence[str]) -> tuple[str, str]:
    """The column that is likely to be the target, and why.

    >>> guessed_target(["id", "price", "rooms"]), guessed_target(["a", "b"])
    (('price', 'as its name says'), ('b', 'the last column'))
    """
    for wanted in TARGETS:
        for name in names:
            if wanted == name.lower() or wanted in words(name)[-1:]:
                return name, "as its name says"
    return names[-1], "the last column"


def goal_of(frame: Frame, name: str, stated: Task | None) -> Goal:
    """What the target is; its classes are not yet counted.

    Raises:
        DataError: if its values cannot be learned.
    """
    column = Column(frame, name)
    target = read_target(column, stated)
    if target.classes:
        return Goal(name, target.task, _why_classes(column, target, stated))
    y = target.y
    with np.errstate(over="ignore", invalid="ignore"):
        low, middle, high = np.quantile(y, [0.25, 0.5, 0.75])
        far = FAR * max(high - low, 1e-300)
        skewed = bool(y.max() > high + far or y.min() < low - far)
    spread = f"numbers from {figure(y.min())} to {figure(y.max())}, half of them up to {figure(middle)}"
    reason = f"{count(len(np.unique(y)), 'different value')}, {spread}"
    if stated:
        reason = f"as stated; {reason}"
    return Goal(name, "regression", reason, skewed=skewed)


def class_counts(table: Table, rows: NDArray[np.int64]) -> Mapping[str, int]:
    """How many of some rows each class has, the most frequent first; nothing for a regression."""
    counts = np.bincount(table.y[rows], minlength=len(table.classes)) if table.classes else np.zeros(0, np.int64)
    order = np.argsort(-counts, kind="stable")
    return {table.classes[number]: int(counts[number]) for number in order}


def _why_classes(column: Column, target: Target, stated: Task | None) -> str:
    named = some(target.classes)
    if stated:
        return f"as stated; {len(target.classes)} classes: {named}"
    if is_text(column.cells):
        return f"{len(target.classes)} different texts: {named}"
    reason = f"{len(target.classes)} different whole numbers: {named}"
    if len(target.classes) > 2:
        reason += f'; at most {MOST_NUMBERED_CLASSES} are taken for classes, so if they are amounts, "regression"'
    return reason
