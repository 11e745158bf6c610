"""Who watches a sweep: a terminal, a log, a test."""

from __future__ import annotations

from tuner.actions.sweeps.record import StudyRecord
from tuner.search.watcher import Watcher


class SweepObserver:
    """Told of everything that happens; does nothing. Several studies may tell it something at the same time."""

    def note(self, text: str) -> None:
        """A person should know this of the sweep as a whole."""

    def watcher(self, study: str) -> Watcher:
        """Who watches the search of one of its studies."""
        del study
        return Watcher()

    def study_changed(self, study: StudyRecord) -> None:
        """A study has begun, or is over for this run."""
