"""Where a sweep leaves what it has to remember."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class SweepPlaces:
    """The files of one sweep in its project.

    Attributes:
        root: the project root.
        name: the sweep's name.
    """

    root: Path
    name: str

    @property
    def folder(self) -> Path:
        """Everything of this sweep."""
        return self.root / ".tuner" / "sweeps" / self.name

    @property
    def record(self) -> Path:
        """How the last run is, or how it went."""
        return self.folder / "run.json"

    @property
    def lock(self) -> Path:
        """What a run holds as long as it goes on; always empty."""
        return self.folder / "run.lock"

    @property
    def stop(self) -> Path:
        """There if somebody has asked the run to stop."""
        return self.folder / "stop"

    def study_file(self, study: str) -> Path:
        """The file of one of its studies, which its workers read."""
        return self.folder / f"{study}.toml"

    def commands_lock(self, study: str) -> Path:
        """What is held while the commands behind a study are run; always empty."""
        return self.folder / f"{study}.lock"

    def output(self, stored: str) -> Path:
        """What the commands behind a stored study have printed."""
        return self.root / ".tuner" / "logs" / stored / "then.log"
