"""Every error that `tuner` raises on purpose, and what each one means for the caller.

    TunerError                       something a person can mend; the text says how
    ├── HyperparameterError          a value that a schedule, an optimizer or a layer cannot have
    ├── StudyFileError               a study file with mistakes: all of them, each with its place
    ├── ModelError                   somebody's own model that cannot be trained
    ├── DataError                    a table that cannot be used as it is
    ├── StorageError                 a database that cannot be opened, read or written
    ├── StudyError                   a stored study that does not fit what was asked of it
    ├── ClusterError                 a batch system that does not do what was asked of it
    ├── CalendarError                an entry that a calendar cannot hold, or a calendar that cannot be used
    └── SearchError                  a search that could not go on

An ordinary bad end of a trial (pruned, diverged, failed) is no exception: it is an `Outcome`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from textwrap import shorten


class TunerError(Exception):
    """Something a person can mend; the text says what was found and the way out."""


class HyperparameterError(TunerError, ValueError):
    """A value that a schedule, an optimizer or a layer cannot have.

    Attributes:
        problem: what was found and what would do, as the rest of a sentence that begins with the first setting.
        settings: the settings that do not go together, the one to blame first.
    """

    def __init__(self, problem: str, *settings: str) -> None:
        self.problem = problem
        self.settings = settings
        super().__init__(f"{settings[0]} {problem}" if settings else problem)


class ModelError(TunerError):
    """Somebody's own model that cannot be built, or not be trained for the task."""


class DataError(TunerError):
    """A table that cannot be used as it is."""


class StorageError(TunerError):
    """A database that cannot be opened, read or written."""


class StudyError(TunerError):
    """A stored study that does not fit what was asked of it."""


class ClusterError(TunerError):
    """A batch system that does not do what was asked of it."""


class CalendarError(TunerError):
    """An entry that a calendar cannot hold, or a calendar that cannot be used."""


class SearchError(TunerError):
    """A search that could not go on."""


@dataclass(frozen=True)
class Mistake:
    """One mistake in a study file.

    Attributes:
        place: dotted place in the file, such as `hyperparameters.schedule.kind`; empty for the file as a whole.
        problem: what was found and what would do, as the rest of a sentence that begins with the place.
    """

    place: str
    problem: str

    def __str__(self) -> str:
        return f"{self.place} {self.problem}" if self.place else self.problem


class StudyFileError(TunerError):
    """A study file with mistakes: all of them, each with its place.

    Attributes:
        source: the file, as the person named it.
        mistakes: every mistake found, in the order of the file's rooms.
    """

    def __init__(self, source: str, mistakes: Sequence[Mistake]) -> None:
        self.source = source
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(f"{source}: {mistake}" for mistake in self.mistakes))


def did_you_mean(word: object, known: Sequence[str]) -> str:
    """A closing sentence that offers the nearest known word, or nothing.

    >>> did_you_mean("cosin", ["cosine", "constant"])
    ' Did you mean "cosine"?'
    >>> did_you_mean("zzz", ["cosine", "constant"])
    ''
    """
    near = get_close_matches(str(word), known, n=1, cutoff=0.6)
    return f' Did you mean "{near[0]}"?' if near else ""


def listed(words: Sequence[str]) -> str:
    """Words as a person would list them.

    >>> listed(["iir", "linear", "power"])
    'iir, linear or power'
    """
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} or {words[-1]}"


def one_line(error: Exception) -> str:
    """An error in one line of at most a thousand characters, with its kind.

    >>> one_line(ValueError("a\\nb"))
    'ValueError: a b'
    """
    return shorten(f"{type(error).__name__}: {error}", width=1000)
