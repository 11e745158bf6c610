"""The child's side of a hosted trainer: `python -m tuner.training.child LINE_FD LIFE_FD`.

It runs a trainer whose job source and observer are in the parent. The parent alone decides when it ends, so that it is
deaf to the signals that a terminal or a batch system sends to everyone; but it never outlives the parent.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from importlib import import_module
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from tuner.training.lean import import_less, leave

if TYPE_CHECKING:
    from tuner.training.job import Done, EpochResult, Job, Verdict, Wait
    from tuner.training.trainer import Trainer

TRAINERS: Mapping[str, str] = {
    "lanes": "tuner.training.lanes:LaneTrainer",
    "fit": "tuner.training.fit:FitTrainer",
}
"""Every trainer that can be hosted, as `module:Class`; imported in the child only. All of them run on TensorFlow."""

DEAF_TO = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2)
"""What a terminal or a batch system sends to everyone; the parent alone decides what it means."""


def main(line_fd: int, life_fd: int) -> None:
    """Run the trainer that the parent names until it ends.

    Args:
        line_fd: file descriptor of a socket on which `wire` messages go both ways.
        life_fd: file descriptor of a pipe that the parent holds open for as long as it wants the child.
    """
    for number in DEAF_TO:
        signal.signal(number, signal.SIG_IGN)
    for fd in (line_fd, life_fd):
        os.set_inheritable(fd, False)
    threading.Thread(target=_end_with_the_parent, args=(life_fd,), daemon=True).start()
    with Connection(line_fd) as line:
        _work(line)


def _end_with_the_parent(life_fd: int) -> None:
    """Wait for the parent's end of the pipe to close, which even `kill -9` does, and be gone at once.

    A thread of its own, because the main one may be inside a compiled epoch for minutes.
    """
    os.read(life_fd, 1)
    os._exit(1)


def _work(line: Connection) -> None:
    # NumPy and pydantic take a while to import, in which the process is already deaf and watches its parent.
    from tuner.training import wire

    # Read before TensorFlow is imported: until then the parent waits for the data to get through the socket.
    work: wire.Work = wire.receive(line)
    if work.trainer in TRAINERS:
        import_less()
    trainer = load_trainer(work.trainer, threads=work.threads, settings=work.settings)
    # The libraries are here to stay: searching their objects for garbage took a tenth of the time of small epochs.
    gc.freeze()
    for outcome in trainer.train(_Jobs(line), work.data, _Observer(line)):
        _ask(line, wire.TrialEnded(outcome))
    wire.send(line, wire.AllEnded())


def load_trainer(name: str, *, threads: int, settings: Mapping[str, Any] | None = None) -> Trainer:
    """A trainer by its name in `TRAINERS`, or any other without TensorFlow as `module:Class`.

    Args:
        name: which trainer.
        threads: threads of one TensorFlow operation, and operations at once; TensorFlow takes them only before
            anything has run.
        settings: keyword arguments of the trainer's class.
    """
    if name in TRAINERS:
        _set_up_tensorflow(threads)
    module, _, member = TRAINERS.get(name, name).partition(":")
    trainer: Trainer = getattr(import_module(module), member)(**(settings or {}))
    return trainer


def _set_up_tensorflow(threads: int) -> None:
    """What TensorFlow takes only before anything has run."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    for gpu in tf.config.list_physical_devices("GPU"):
        # Else the first process takes all of the memory, and the next worker or another person finds none.
        tf.config.experimental.set_memory_growth(gpu, True)


class _Jobs:
    """The parent's job source."""

    def __init__(self, line: Connection) -> None:
        self._line = line

    def next(self) -> Job | Wait | Done:
        from tuner.training import wire

        answer: Job | Wait | Done = _ask(self._line, wire.NextAsked())
        return answer


class _Observer:
    """The parent's observer."""

    def __init__(self, line: Connection) -> None:
        self._line = line

    def starting(self) -> None:
        """The parent has told it already, when it started this process."""

    def epoch_begins(self) -> None:
        from tuner.training import wire

        wire.send(self._line, wire.EpochBegins())

    def epoch_ended(self, results: Sequence[EpochResult]) -> Sequence[Verdict]:
        from tuner.training import wire

        answer: wire.Verdicts = _ask(self._line, wire.EpochEnded(tuple(results)))
        return answer.verdicts


def _ask(line: Connection, question: Any) -> Any:
    from tuner.training import wire

    wire.send(line, question)
    return wire.receive(line)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
    leave(0)
