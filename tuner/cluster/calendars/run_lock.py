"""One run of an entry at a time."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE_SECONDS = 0.5
"""How long a run waits for another one to be over: long enough not to mistake somebody's look for a run."""


@contextmanager
def run_lock(path: Path, patience_seconds: float = PATIENCE_SECONDS) -> Iterator[int | None]:
    """Hold an entry's lock.

    Our own and not flock(1): that is not on every system, and cannot say in the log that it kept a run from starting.
    The lock belongs to the open file, so that a command which inherits it holds it even when the wrapper is killed; and
    it is gone with the last process that has it, so that nothing is ever left over.

    Args:
        path: the lock's file; made if it is not there.
        patience_seconds: how long to wait for it.
    Yields:
        The open file, for whoever is to inherit it; None if another run holds the lock.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if not _taken(handle, patience_seconds):
            yield None
            return
        try:
            yield handle
        finally:
            # Closing would not do: something that the command has left running may have inherited it.
            fcntl.flock(handle, fcntl.LOCK_UN)
    finally:
        os.close(handle)


def _taken(handle: int, patience_seconds: float) -> bool:
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.05)


def is_held(path: Path) -> bool:
    """Whether a run holds the lock at the moment."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: others that only look are no obstacle
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
