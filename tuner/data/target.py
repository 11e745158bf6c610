"""The target column: what kind it is, and its values as classes or numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
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
        column: its cells are the file's own text.
        task: what kind it is; None to go by the values: text and truth values are classes, and so are whole numbers
            with few different values; other numbers are a regression.
    Raises:
        DataError: if a value is missing, if the values do not fit the task, or if all are the same.
    """
    column.check_no_value_missing()
    texts = [str(cell).strip() for cell in column.cells]
    if "" in texts:
        raise column.complaint("has nothing but blanks. Fill it in, or leave out the row.", texts.index(""))
    numbers = [number_of(text) for text in texts]
    if task == "regression" or (task is None and _is_quantity(column, texts, numbers)):
        return Target("regression", _quantities(column, texts, numbers))
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
    y = np.array([number_of_class[label] for _, label in labels], dtype=np.int32)
    return Target(task or ("binary" if len(classes) == 2 else "multiclass"), y, classes)


def _is_quantity(column: Column, texts: Sequence[str], numbers: Sequence[float | None]) -> bool:
    """Whether the values look like a regression's."""
    different = {number for number in numbers if number is not None}
    if None not in numbers:
        return len(different) > MOST_NUMBERED_CLASSES or not all(float(number).is_integer() for number in different)
    if len(different) > MOST_NUMBERED_CLASSES:
        index = numbers.index(None)
        raise column.complaint(
            f'is {quoted(texts[index])} among numbers. Mend it, or state task = "multiclass" if these are classes.',
            index,
        )
    return False


def _quantities(column: Column, texts: Sequence[str], numbers: Sequence[float | None]) -> NDArray[np.float64]:
    """Finite numbers that are not all the same."""
    for index, number in enumerate(numbers):
        if number is None:
            raise column.complaint(
                f"is {quoted(texts[index])}, but a regression needs numbers. Mend it, or state another task.", index
            )
        if not np.isfinite(number):
            raise column.complaint("has an infinite number. Mend it, or leave out its row.", index)
    values = np.array(numbers, dtype=np.float64)
    if values.min() == values.max():
        raise column.complaint(f"is {texts[0]} in every row, so there is nothing to learn. Is it the right target?")
    return values


def _labels(texts: Sequence[str], numbers: Sequence[float | None]) -> list[tuple[float, str]]:
    """Each row's class name, after what it is sorted by: class "10" comes after class "9", and "1.0" is class "1"."""
    if any(number is None or not np.isfinite(number) for number in numbers):
        return [(0.0, text) for text in texts]
    return [(number, _label(number, text)) for number, text in zip(numbers, texts, strict=True) if number is not None]


def _label(number: float, text: str) -> str:
    if not number.is_integer():
        return repr(number)
    # Beyond 2**53 different texts are the same float64.
    return str(int(number)) if abs(number) < 2**53 else text
