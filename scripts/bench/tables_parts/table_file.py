"""A table as somebody hands it over: files, and the name of what is to be predicted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tuner.study.metrics import Task


@dataclass(frozen=True)
class TableFile:
    """A table as somebody hands it over.

    Attributes:
        file: the name of its file.
        oddity: what is special about it, for a reader of the results.
        task: what kind of target it has, which is not told to `tuner init`.
        target: the column to predict, by name, or by position where there are no names; all that is told.
        write: writes the file of that name, and the test rows' where there is one, into a folder.
        unit: of the target, for a regression.
        test: the name of a file of test rows; None where the study splits them off.
    """

    file: str
    oddity: str
    task: Task
    target: str
    write: Callable[[Path], None]
    unit: str = ""
    test: str | None = None

    def __post_init__(self) -> None:
        assert bool(self.unit) == (self.task == "regression"), self.file
