"""From a path, as a person wrote it, to a file's bytes."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from tuner.errors import DataError

READ_ONLY = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
"""Without waiting: a pipe that nobody writes to would never open."""


def read_bytes(path: str, *, root: Path) -> bytes:
    """All bytes of an ordinary file.

    Args:
        path: as the person wrote it; a relative one starts at the root and stays below it.
        root: the project root.
    Raises:
        DataError: if there is no such file, if it is something else, or if it cannot be read.
    """
    if not os.path.isabs(path) and os.path.normpath(path).split(os.sep)[0] == os.pardir:
        raise DataError(
            f"{path}: leads out of the project root, a path outside what was meant. State an absolute path if it is."
        )
    try:
        # Looked at before it is opened, since opening a device may do something.
        _check_kind(os.stat(root / path), path)
        with open(os.open(root / path, READ_ONLY), "rb") as file:
            status = os.fstat(file.fileno())
            _check_kind(status, path)
            _check_size(status.st_size, path)
            data: bytes | None = file.read()
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file; a relative path starts at the project root") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise DataError(f"{path!r}: cannot be the path of a file: {error}") from None
    except MemoryError:
        raise DataError(f"{path}: is too large for this machine's memory") from None
    if data is None:
        raise DataError(f"{path}: cannot be read: it gives nothing without waiting")
    return data


def _check_kind(status: os.stat_result, path: str) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise DataError(f"{path}: is a folder, but should be a file of rows. Name the file, or a list of files.")
    if not stat.S_ISREG(status.st_mode):
        raise DataError(f"{path}: is a device, a pipe or a socket, but should be an ordinary file of rows")


def _check_size(size: int, path: str) -> None:
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if 0 < memory < size:
        raise DataError(
            f"{path}: is of {in_words(size)}, more than the {in_words(memory)} of memory that this machine has. "
            f"Give it fewer rows or columns."
        )


def in_words(size: int) -> str:
    """A number of bytes as a person would say it.

    >>> in_words(5 * 2**30), in_words(1500), in_words(12)
    ('5.0 GiB', '1.5 KiB', '12 bytes')
    """
    for unit, bytes_each in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if size >= bytes_each:
            return f"{size / bytes_each:.1f} {unit}"
    return f"{size} bytes"
