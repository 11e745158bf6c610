"""The parent's hold on one child process: start it, talk to it, weigh it, kill it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from multiprocessing import Pipe
from types import TracebackType

import psutil

from tuner.training import child, wire

SECRETS = ("TUNER_STORAGE", "PGPASSWORD")
"""Environment variables that the child has no use for: only the parent talks to the database."""

DEATH_TAKES_SECONDS = 5.0
"""How long a child that has hung up may take to be gone."""

TAIL_LINES = 15
TAIL_BYTES = 4096


class ChildDiedError(Exception):
    """The child is gone; the text says how, with the last lines that it wrote."""


class Child:
    """One running child process. Closing it kills it and leaves nothing behind.

    It is in a process group of its own, so that Ctrl-C in a terminal reaches the parent only, and it has neither
    input nor output there; what it writes to stderr is kept for the day it crashes.

    Args:
        threads: how many threads its numerical libraries may use.
    """

    def __init__(self, *, threads: int) -> None:
        with ExitStack() as opened, ExitStack() as childs_own:
            self._line, line = Pipe()
            opened.callback(self._line.close)
            childs_own.callback(line.close)
            life, held = os.pipe()
            opened.callback(os.close, held)
            childs_own.callback(os.close, life)
            self._stderr = opened.enter_context(tempfile.TemporaryFile())
            with _signals_held_back():
                self._process = subprocess.Popen(
                    # -P: the working directory may hold files that are named like modules.
                    [sys.executable, "-P", "-m", child.__name__, str(line.fileno()), str(life)],
                    pass_fds=(line.fileno(), life),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=self._stderr,
                    env=child_environment(os.environ, threads=threads),
                    process_group=0,
                )
                # Before signals are heard again: a Ctrl-C in between would leave the child behind.
                opened.callback(self._kill)
            self._opened = opened.pop_all()
            self._greeting_bytes = 0

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._opened.close()

    @property
    def pid(self) -> int:
        """The operating system's number of the process."""
        return self._process.pid

    def resident_bytes(self) -> int:
        """How much memory it has in use (RSS); 0 if it is gone."""
        try:
            return int(psutil.Process(self.pid).memory_info().rss)
        except psutil.Error:
            return 0

    def send(self, message: wire.ToChild) -> None:
        """Send one message.

        Raises:
            ChildDiedError: if nobody is there to read it.
        """
        try:
            wire.send(self._line, message)
        except OSError:
            raise ChildDiedError(self._last_words()) from None

    def receive(self, *, within_seconds: float) -> wire.FromChild | None:
        """The next message, or None if there was none in that time.

        Raises:
            ChildDiedError: if there will be no more.
        """
        try:
            if not self._line.poll(within_seconds):
                return None
            message: wire.FromChild = wire.receive(self._line)
        except (EOFError, OSError):
            raise ChildDiedError(self._last_words()) from None
        return message

    def has_loaded(self) -> None:
        """Its libraries are loaded: what they wrote until now is a greeting, and explains no death later on."""
        self._greeting_bytes = os.fstat(self._stderr.fileno()).st_size

    def _kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def _last_words(self) -> str:
        try:
            status = self._process.wait(DEATH_TAKES_SECONDS)
        except subprocess.TimeoutExpired:
            return f"the training process hung up on its parent{self._tail()}"
        return f"the training process {how_it_ended(status)}{self._tail()}"

    def _tail(self) -> str:
        """The last lines that it wrote, after a colon; nothing if there are none."""
        fd = self._stderr.fileno()
        size = os.fstat(fd).st_size
        lines = (
            os.pread(fd, TAIL_BYTES, max(self._greeting_bytes, size - TAIL_BYTES))
            .decode(errors="replace")
            .strip()
            .splitlines()
        )
        return ":\n" + "\n".join(lines[-TAIL_LINES:]) if lines else ""


@contextmanager
def _signals_held_back() -> Iterator[None]:
    """A process started in here is deaf to `DEAF_TO` while its interpreter still starts; this one hears them after."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, child.DEAF_TO)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def child_environment(environment: Mapping[str, str], *, threads: int) -> dict[str, str]:
    """The parent's environment without secrets, with TensorFlow quiet and every numerical library held to `threads`."""
    kept = {name: value for name, value in environment.items() if name not in SECRETS}
    return kept | {
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_NUM_INTRAOP_THREADS": str(threads),
        "TF_NUM_INTEROP_THREADS": str(threads),
        "OMP_NUM_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
        "VECLIB_MAXIMUM_THREADS": str(threads),
    }


def how_it_ended(status: int) -> str:
    """An exit status in words, as the rest of a sentence.

    >>> how_it_ended(-9)
    'was killed by signal 9 (out of memory?)'
    >>> how_it_ended(1)
    'ended with status 1'
    """
    if status >= 0:
        return f"ended with status {status}"
    known = -status in {int(each) for each in signal.valid_signals()}
    guess = "out of memory?" if -status == signal.SIGKILL else signal.strsignal(-status) if known else "no known one"
    return f"was killed by signal {-status} ({guess})"
