"""What a look at a table finds: frozen values, each with its reason in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tuner.data.table import Kind
from tuner.study.metrics import Task

Stated = str | float
"""What a study can state that says that a value is missing."""


@dataclass(frozen=True)
class Marker:
    """Something that stands where a value is missing.

    Attributes:
        value: a text or a number.
        reason: why it is taken for that, with figures.
    """

    value: Stated
    reason: str


@dataclass(frozen=True)
class Typed:
    """A column whose kind has to be stated.

    Attributes:
        column: its name.
        kind: as `types` states it.
        reason: why, with figures.
    """

    column: str
    kind: str
    reason: str


@dataclass(frozen=True)
class Dropped:
    """A column that is better left out.

    Attributes:
        column: its name.
        reason: why, with figures.
    """

    column: str
    reason: str


@dataclass(frozen=True)
class Leak:
    """A column that alone predicts the target, so that it may be the target in disguise.

    Attributes:
        column: its name.
        measure: what was measured, in words.
        figure: how well it predicts, at most 1.
        rows: how many rows were looked at.
    """

    column: str
    measure: str
    figure: float
    rows: int

    def __str__(self) -> str:
        return f"alone predicts the target: {self.measure} {self.figure:.4f} in cross-validation on {self.rows:,} rows"


@dataclass(frozen=True)
class Suggestion:
    """A role that a column may have, which a person has to decide.

    Attributes:
        role: the setting.
        column: its name.
        reason: why, with figures.
    """

    role: Literal["group", "time"]
    column: str
    reason: str


@dataclass(frozen=True)
class Seen:
    """A column that a network learns from.

    Attributes:
        column: its name.
        kind: what it is.
        words: what is in it, in words.
        missing: how many values are missing.
    """

    column: str
    kind: Kind
    words: str
    missing: int


@dataclass(frozen=True)
class Goal:
    """The target.

    Attributes:
        column: its name.
        task: what kind it is.
        reason: why.
        counts: how many rows each class has, the most frequent first; empty for a regression.
        skewed: whether a few rows lie far outside of the rest, so that squares of errors are theirs.
    """

    column: str
    task: Task
    reason: str
    counts: Mapping[str, int] = field(default_factory=dict)
    skewed: bool = False


@dataclass(frozen=True)
class Look:
    """All that a look at a table finds.

    Attributes:
        name: the source, as the person wrote it.
        rows: how many, without those of test files.
        inputs: how many numbers a network sees of each row; categories count with each of their levels.
        goal: the target.
        reading: how the files are written, in words, where that is not plain.
        encoding: what has to be stated of it; None for what is seen from the file.
        missing, types, drop, leaks, suggestions, columns: see there.
        cautions: what a person should look at, a sentence each.
        tailed: numbers with values far outside of the rest, which call for another scaler.
    """

    name: str
    rows: int
    inputs: int
    goal: Goal
    columns: Sequence[Seen]
    reading: Sequence[str] = ()
    encoding: str | None = None
    missing: Sequence[Marker] = ()
    types: Sequence[Typed] = ()
    drop: Sequence[Dropped] = ()
    leaks: Sequence[Leak] = ()
    suggestions: Sequence[Suggestion] = ()
    cautions: Sequence[str] = ()
    tailed: Sequence[str] = ()
