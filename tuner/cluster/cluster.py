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
    """

    worker: int
    status: int
    last_words: str


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
