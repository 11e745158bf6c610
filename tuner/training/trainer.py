"""The face of every trainer: a stream of jobs in, a stream of outcomes out, and a word around every epoch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from tuner.data.prepared import Prepared
from tuner.training.job import DataKey, Done, EpochResult, Job, Outcome, Verdict, Wait


class JobSource(Protocol):
    """Where a trainer gets its jobs. It never blocks, so that the program trains on while the next job is prepared."""

    def next(self) -> Job | Wait | Done:
        """The next job, or `Wait` if there is none yet, or `Done` if there will be none."""


class Observer(Protocol):
    """Who is told before and after each epoch, and decides.

    `starting` and `epoch_begins` offer time for other work; an observer that inherits from this class does none in it.
    """

    def starting(self) -> None:
        """The trainer gets ready, which may take seconds; the first jobs can be prepared meanwhile."""
        return

    def epoch_begins(self) -> None:
        """The next epoch is about to be trained; what is done here costs no time if another process trains it."""
        return

    def epoch_ended(self, results: Sequence[EpochResult]) -> Sequence[Verdict]:
        """One verdict for each result, in the same order."""


class Trainer(ABC):
    """Turns a stream of jobs into a stream of epoch results and outcomes.

    The trainer pulls the next job whenever it has room; Keras `fit` has room for one job at a time. If its setting
    `checkpoints` names a folder, it leaves a file there for each trial that it hands back, from which any trainer of
    its kind can go on.
    """

    @abstractmethod
    def train(self, jobs: JobSource, data: Mapping[DataKey, Prepared], observer: Observer) -> Iterator[Outcome]:
        """Train jobs until there are no more, and tell the observer when an epoch begins and what it came to.

        A job that fails is an outcome with `End.FAILED`, never an exception; each job has exactly one outcome.
        """
