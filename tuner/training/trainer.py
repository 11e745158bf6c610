"""The face of every trainer: a stream of jobs in, a stream of outcomes out, and a word after every epoch."""

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
    """Who is told after each epoch, and decides."""

    def epoch_ended(self, results: Sequence[EpochResult]) -> Sequence[Verdict]:
        """One verdict for each result, in the same order."""


class Trainer(ABC):
    """Turns a stream of jobs into a stream of epoch results and outcomes.

    The trainer pulls the next job whenever it has room; Keras `fit` has room for one job at a time.
    """

    @abstractmethod
    def train(self, jobs: JobSource, data: Mapping[DataKey, Prepared], observer: Observer) -> Iterator[Outcome]:
        """Train jobs until there are no more.

        A job that fails is an outcome with `End.FAILED`, never an exception; each job has exactly one outcome.
        """
