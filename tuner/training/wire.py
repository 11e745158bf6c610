"""What is said between a hosted trainer and its child process, and how it becomes bytes.

The child asks and the parent answers, one question at a time; to what is only told there is no answer:

    child                        parent
                                 Work(trainer, threads, data, ...) once, first
    NextAsked()                  Job | Wait | Done
    EpochBegins()                                                  told; the child trains on at once
    EpochEnded(results)          Verdicts(verdicts)
    TrialEnded(outcome)          Noted()
    AllEnded()                                                     told; once, last

Both ends are this very version of `tuner` on this very machine, so that messages are simply pickled.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from tuner.data.prepared import Prepared
from tuner.hyperparameters import Hyperparameters
from tuner.training.job import DataKey, Done, EpochResult, Job, Outcome, Verdict, Wait


@dataclass(frozen=True)
class Work:
    """What the child is there for.

    Attributes:
        trainer: which trainer to run, as `child.TRAINERS` or `module:Class` names it.
        threads: threads of one TensorFlow operation, and operations at once.
        data: what to train on.
        settings: keyword arguments of the trainer's class.
    """

    trainer: str
    threads: int
    data: Mapping[DataKey, Prepared]
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class NextAsked:
    """The trainer has room for a job."""


@dataclass(frozen=True)
class EpochBegins:
    """An epoch of one or several trials is about to be trained; nothing is answered."""


@dataclass(frozen=True)
class EpochEnded:
    """An epoch of one or several trials has ended."""

    results: tuple[EpochResult, ...]


@dataclass(frozen=True)
class TrialEnded:
    """A trial has ended."""

    outcome: Outcome


@dataclass(frozen=True)
class AllEnded:
    """The trainer was told that there are no more jobs and has ended all that it had."""


@dataclass(frozen=True)
class Verdicts:
    """One verdict for each result, in the same order."""

    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True)
class Noted:
    """The caller has dealt with the outcome."""


FromChild = NextAsked | EpochBegins | EpochEnded | TrialEnded | AllEnded
ToChild = Work | Job | Wait | Done | Verdicts | Noted


def send(line: Connection, message: FromChild | ToChild) -> None:
    """Send one message; waits while the other end is slow to read.

    Raises:
        OSError: if the other end is gone.
    """
    buffer = io.BytesIO()
    _Pickler(buffer, protocol=pickle.HIGHEST_PROTOCOL).dump(message)
    line.send_bytes(buffer.getbuffer())


def receive(line: Connection) -> Any:
    """Wait for one message.

    Raises:
        EOFError, OSError: if the other end is gone.
    """
    return pickle.loads(line.recv_bytes())


class _Pickler(pickle.Pickler):
    """Sends hyperparameters as plain values: the tables of schedules are made at import and have no name to pickle."""

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, Hyperparameters):
            return Hyperparameters.model_validate, (value.model_dump(),)
        return NotImplemented
