"""The face of whatever runs workers: this machine, or a batch system."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Ended:
    """A worker that has ended.

    Attributes:
        worker: its place, counted from 0.
        status: its exit status; negative for the signal that killed it.
        last_words: the last lines that it wrote.
        cancelled: whether somebody has taken it off the cluster, on purpose.
        job: what a batch system called its job.
    """

    worker: int
    status: int
    last_words: str
    cancelled: bool = False
    job: str = ""


class Handle(ABC):
    """Workers that have been started. What they do they tell the storage; here is only seen whether they run."""

    @property
    @abstractmethod
    def alive(self) -> int:
        """How many of them run."""

    @abstractmethod
    def ended(self) -> list[Ended]:
        """Those that have ended since the last call."""

    @abstractmethod
    def start_again(self, worker: int) -> None:
        """Start the worker of a place where one has ended."""

    @abstractmethod
    def ask_to_stop(self) -> None:
        """Ask all of them to hand back what they train, and to leave; asking again changes nothing."""


class Cluster(ABC):
    """Where workers run."""

    @abstractmethod
    def submit(self, command: Sequence[str], workers: int, environment: Mapping[str, str]) -> Handle:
        """Start so many processes of one command.

        Args:
            command: what each of them runs; everybody can read it, so that it holds no secret.
            workers: how many.
            environment: variables beside those that this process has.
        """


class Queued(Handle):
    """Workers in a batch system's queue, which go on when whoever started them leaves."""

    @property
    @abstractmethod
    def jobs(self) -> Mapping[int, str]:
        """The batch system's name for the job of each worker; with it others can look after them."""

    @property
    @abstractmethod
    def in_words(self) -> str:
        """How many of them run, and what the others wait for."""

    @abstractmethod
    def adopt(self, worker: int, job: str) -> None:
        """Look after a worker that somebody else has queued."""

    @abstractmethod
    def start(self, workers: Sequence[int]) -> None:
        """Queue the workers of some places.

        Raises:
            ClusterError: if the batch system refuses them.
        """

    def silent_for(self, seconds: float) -> None:
        """Hear that no worker has been heard of for so long; who cannot ask the batch system concludes from that."""
        del seconds


class BatchSystem(Cluster):
    """A cluster with a queue.

    Attributes:
        name: what a person calls it.
    """

    name: str

    @abstractmethod
    def attach(self, command: Sequence[str], environment: Mapping[str, str], jobs: Mapping[int, str]) -> Queued:
        """Workers that were queued before, by this process or another one.

        Args:
            command, environment: as for `submit`, for those that are started from now on.
            jobs: the batch system's name for the job of each of them.
        """

    def submit(self, command: Sequence[str], workers: int, environment: Mapping[str, str]) -> Queued:
        queued = self.attach(command, environment, {})
        queued.start(range(workers))
        return queued

    @abstractmethod
    def script(self, command: Sequence[str], workers: int) -> str:
        """What would be handed to the batch system for so many workers."""
