"""Who watches a search: a terminal, a log, a test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tuner.training.job import EpochResult, Job, Outcome


@dataclass(frozen=True)
class Progress:
    """How far a study is.

    Attributes:
        finished: trials that are complete or pruned, over all runs.
        total: the budget of trials; None for no limit.
        pruned, failed: how many of each, over all runs.
        running: trials that are being trained by any worker.
        waiting: trials that wait to be taken up again.
        best_number, best_value: the best complete trial; None if there is none.
        best_attributes: what is kept of it, its hyperparameters and metrics among them.
        front: by several objectives, how many complete trials no other one beats; `best` is by the first. 0 with one.
    """

    finished: int
    total: int | None
    pruned: int = 0
    failed: int = 0
    running: int = 0
    waiting: int = 0
    best_number: int | None = None
    best_value: float | None = None
    best_attributes: Mapping[str, Any] = field(default_factory=dict)
    front: int = 0


@dataclass
class Fullness:
    """How full the lanes of a search were, over all of its epochs.

    Attributes:
        busy, room: trials that were trained and lanes there were, summed over the epochs; room is 0 for a trainer that
            has no lanes.
    """

    busy: int = 0
    room: float = 0.0

    def add(self, result: EpochResult) -> None:
        """Count one trial's epoch: as one busy lane, with its share of the room."""
        if result.lanes is not None:
            self.busy += 1
            self.room += result.lanes.room / result.lanes.busy

    @property
    def in_words(self) -> str:
        """One sentence; empty without lanes.

        >>> Fullness(busy=87, room=100.0).in_words
        'the lanes were 87% full'
        """
        return f"the lanes were {self.busy / self.room:.0%} full" if self.room else ""


class Watcher:
    """Told of everything that happens; does nothing. Subclasses show what they like."""

    def search_started(self, study: str, metric: str, progress: Progress) -> None:
        """The search is about to ask for its first trial."""

    def trial_started(self, job: Job, attempt: int) -> None:
        """A trial has been handed to the trainer."""

    def epoch_ended(self, result: EpochResult, job: Job) -> None:
        """An epoch of a running trial has ended; it is stored with those of its neighbours."""

    def trial_ended(self, job: Job, outcome: Outcome, value: float | None, progress: Progress) -> None:
        """A trial has been stored as finished, failed or handed back."""

    def progressed(self, progress: Progress) -> None:
        """Workers in other processes have come further."""

    def note(self, text: str) -> None:
        """Something is not as it should be, and a person should know."""

    def remark(self, text: str) -> None:
        """Something that a person may like to know; nothing is wrong."""

    def search_ended(self) -> None:
        """There is nothing left to do, or the search was asked to stop; one that fails does not say so."""
