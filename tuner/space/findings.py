"""What is found wrong while a space is read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tuner.errors import Mistake
from tuner.space.complaints import meant
from tuner.space.nodes import dotted


@dataclass
class Findings:
    """Mistakes, and what they leave in doubt, so that one mistake neither hides another nor makes a false one.

    Attributes:
        mistakes: each with its place in the file.
        doubtful: settings by their places in a configuration, whichever kind's table states them.
        kinds_in_doubt: places of tables that may choose more kinds than could be read.
    """

    mistakes: list[Mistake] = field(default_factory=list)
    doubtful: set[str] = field(default_factory=set)
    kinds_in_doubt: set[str] = field(default_factory=set)

    def mistake(self, place: str, problem: str) -> None:
        """One more mistake."""
        self.mistakes.append(Mistake(place, problem))

    def misspelt(self, raw: Iterable[str], known: Sequence[str], place: str) -> set[str]:
        """The settings that unknown names of a table seem to stand for: each is in doubt, and not missing."""
        misspelt = meant(raw, known)
        self.doubtful.update(dotted(place, name) for name in misspelt)
        return misspelt
