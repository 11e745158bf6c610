"""The target column: what kind it is, and its values as classes or numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tuner.data.column import Column, number_of, quoted
from tuner.study.metrics import Task

MOST_NUMBERED_CLASSES = 20
"""Whole numbers with at most this many different values are taken for class labels, unless the task is stated."""


@dataclass(frozen=True, eq=False)
class Target:
    """A target column, understood.

    Attributes:
        task: what kind it is.
        y: int32 [rows] of class numbers, or float64 [rows].
        classes: the class names in the order of their numbers; empty for a regression.
    """

    task: Task
    y: NDArray[Any]
    classes: tuple[str, ...] = ()


def read_target(column: Column, task: Task | None) -> Target:
    """Understands a target column.

    Args:
        column: with its cells.
        task: what kind it is; None to go by the values: text and truth values are classes, and so are whole numbers
            with few different values; other numbers are a regression.
    Raises:
        DataError: if a value is missing, if the values do not fit the task, or if all are the same.
    """
    if column.cells.isna().all():
        raise column.complaint("has no value at all. Is it the right target?")
    column.check_no_value_missing("A row without a target teaches nothing: fill it in, or leave out the row.")
    if pd.api.types.is_datetime64_any_dtype(column.cells.dtype):
        raise column.complaint("has dates, which are neither classes nor numbers. Is it the right target?")
    if task == "regression" or (task is None and _is_quantity(column)):
        return Target("regression", _quantities(column))
    texts, numbers, codes = _different(column)
    labels = _labels(texts, numbers)
    classes = tuple(dict.fromkeys(label for _, label in sorted(set(labels))))
    if len(classes) < 2:
        raise column.complaint(
            f"is {quoted(classes[0])} in every row, so there is nothing to learn. Is it the right target?"
        )
    if task == "binary" and len(classes) > 2:
        first = ", ".join(quoted(label) for label in classes[:3])
        raise column.complaint(
            f'has {len(classes)} classes, such as {first}, but task is "binary". State task = "multiclass".'
        )
    number_of_class = {label: number for number, label in enumerate(classes)}
    y = np.array([number_of_class[label] for _, label in labels], dtype=np.int32)[codes]
    return Target(task or ("binary" if len(classes) == 2 else "multiclass"), y, classes)


def _different(column: Column) -> tuple[list[str], list[float | None], NDArray[Any]]:
    """The column's different values, as texts and as numbers as far as they are, and which of them each row has."""
    cells = column.cells
    if isinstance(cells.dtype, pd.CategoricalDtype):
        texts = [str(level) for level in cells.cat.categories]
        return texts, [number_of(text) for text in texts], cells.cat.codes.to_numpy()
    values, codes = np.unique(cells.to_numpy(dtype=np.float64), return_inverse=True)
    return [_spelled(value) for value in values], [float(value) for value in values], codes


def _spelled(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _is_quantity(column: Column) -> bool:
    """Whether the values look like a regression's."""
    cells = column.cells
    if not isinstance(cells.dtype, pd.CategoricalDtype):
        values = cells.to_numpy(dtype=np.float64)
        # A few rows show it nearly always; looking for all different values among millions takes a while.
        for some in (values[:10_000], values):
            if len(np.unique(some)) > MOST_NUMBERED_CLASSES or not np.isfinite(some).all() or (some % 1 != 0).any():
                return True
        return False
    texts, numbers, codes = _different(column)
    different = {number for number in numbers if number is not None}
    if None not in numbers:
        return len(different) > MOST_NUMBERED_CLASSES or not all(float(number).is_integer() for number in different)
    if len(different) > MOST_NUMBERED_CLASSES:
        row = int(np.flatnonzero(np.isin(codes, [index for index, each in enumerate(numbers) if each is None]))[0])
        raise column.complaint(
            f'is {quoted(texts[codes[row]])} among numbers. Mend it, or state task = "multiclass" if these are '
            f"classes.",
            row,
        )
    return False


def _quantities(column: Column) -> NDArray[np.float64]:
    """Finite numbers that are not all the same."""
    values = column.numbers("but a regression needs numbers. Mend it, or state another task.")
    if values.min() == values.max():
        raise column.complaint(
            f"is {_spelled(values[0])} in every row, so there is nothing to learn. Is it the right target?"
        )
    return values


def _labels(texts: Sequence[str], numbers: Sequence[float | None]) -> list[tuple[float, str]]:
    """Each value's class name, after what it is sorted by: class "10" comes after class "9", and "1.0" is class "1"."""
    if any(number is None or not np.isfinite(number) for number in numbers):
        return [(0.0, text) for text in texts]
    return [(number, _label(number, text)) for number, text in zip(numbers, texts, strict=True) if number is not None]


def _label(number: float, text: str) -> str:
    if not number.is_integer():
        return repr(number)
    # Beyond 2**53 different texts are the same float64.
    return str(int(number)) if abs(number) < 2**53 else text
