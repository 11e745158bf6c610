"""Whether a search of this project goes on in a stored study, also one that has no running trial at the moment.

A search holds a file of the study locked as long as it goes on. The operating system lets go of the lock when the
process ends, however that happens, so that nothing is ever left over.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def lock_of(root: Path, study: str) -> Path:
    """The file that the searches of a stored study hold; always empty."""
    return root / ".tuner" / "searches" / f"{study}.lock"


@contextmanager
def in_use(root: Path, study: str) -> Iterator[None]:
    """Say that a search goes on; many may say so at once.

    To be entered while no other process can make or join a study of the storage (`making_a_study`). Where there can be
    no such file, as in a folder that cannot be written to, nothing is said.
    """
    path = lock_of(root, study)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDONLY | os.O_CREAT, 0o644)
    except OSError:
        yield
        return
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


@contextmanager
def nobody_in(root: Path, study: str) -> Iterator[bool]:
    """Whether no search goes on; if so, none begins in the block, as long as `making_a_study` keeps others from it."""
    try:
        handle = os.open(lock_of(root, study), os.O_RDWR)
    except FileNotFoundError:
        yield True
        return
    except OSError:  # somebody else's, who alone may say
        yield False
        return
    try:
        yield not _is_held(handle)
    finally:
        os.close(handle)


def _is_held(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # a file system without locks: nobody can have said anything
        return False
    return False
