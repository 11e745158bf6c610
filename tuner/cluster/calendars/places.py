"""Where the runs of an entry leave what they have to say."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

KEEP_RUNS = 30
"""Of how many runs an entry's log and results tell unless the entry says otherwise."""


@dataclass(frozen=True)
class SchedulePlaces:
    """The files of one entry in its project.

    Attributes:
        root: the project root.
        name: the entry's name.
    """

    root: Path
    name: str

    @property
    def result(self) -> Path:
        """How the last run went."""
        return self.root / ".tuner" / "schedule" / f"{self.name}.json"

    @property
    def history(self) -> Path:
        """How the runs before the last one went, a line for each."""
        return self.root / ".tuner" / "schedule" / f"{self.name}.history.jsonl"

    @property
    def lock(self) -> Path:
        """What a run holds as long as it goes on; always empty."""
        return self.root / ".tuner" / "schedule" / f"{self.name}.lock"

    @property
    def log(self) -> Path:
        """Where the output goes unless the entry says otherwise; `tuner clean` removes it when it has grown old."""
        return self.root / ".tuner" / "logs" / "schedule" / f"{self.name}.log"
