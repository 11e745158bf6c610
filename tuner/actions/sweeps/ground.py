"""What all studies of one run of a sweep have in common."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tuner.actions.defaults import Storage, storage_of
from tuner.actions.sweeps.places import SweepPlaces
from tuner.search.storage import StorageUrl
from tuner.study.definition import StudyDefinition
from tuner.study.load import load_study
from tuner.study.sweeps.definition import SweepDefinition, Swept
from tuner.study.toml import comment_lines, document


@dataclass(frozen=True)
class Ground:
    """A sweep in its project.

    Attributes:
        sweep: what is searched.
        root: the project root.
        file: the sweep's file.
        storage: where trials are kept; each study's own place if None.
    """

    sweep: SweepDefinition
    root: Path
    file: Path
    storage: Storage = None

    @property
    def places(self) -> SweepPlaces:
        """Where it leaves what it has to remember."""
        return SweepPlaces(self.root, self.sweep.name)

    def write_study_file(self, swept: Swept) -> None:
        """Write the file that a study's workers read; who reads meanwhile sees the old text or the new one."""
        path = self.places.study_file(swept.name)
        words = f"Written by the sweep {self.sweep.name} out of {swept.file}; what is changed here is lost."
        text = "\n".join([*comment_lines(words), "", document(swept.tables)])
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}.new")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)

    def definition(self, swept: Swept) -> StudyDefinition:
        """A study as its workers read it.

        Raises:
            StudyError, StudyFileError: if somebody has changed or removed the file meanwhile.
        """
        return load_study(str(self.places.study_file(swept.name)), self.root)

    def url(self, swept: Swept) -> StorageUrl:
        """Where a study's trials are kept.

        Raises:
            StorageError: if that is no URL.
        """
        return storage_of(self.storage, self.root, swept.definition.run.storage)
