"""A new file that appears under its name when it is whole, and never takes another one's place."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from tuner.errors import StorageError


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Where a file is to be written that is to have this name; it gets the name at the end of the block.

    If the block ends with an error, nothing is left. After `kill -9` a folder is left beside it, whose name begins with
    a dot and the file's own name.

    Raises:
        StorageError: if there is something of that name already, or nothing can be written there.
    """
    refuse_taken(path)
    try:
        with TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as folder:
            part = Path(folder) / path.name
            yield part
            with part.open("rb") as file:
                os.fsync(file.fileno())
            _name(part, path)
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}") from error


def refuse_taken(path: Path) -> None:
    """Refuse a name that is taken, or whose folder is not there.

    Raises:
        StorageError: with the way out.
    """
    if os.path.lexists(path):
        raise StorageError(f"{path} is there already, and is not overwritten; name another file, or move that one away")
    if not path.parent.is_dir():
        raise StorageError(f"{path} cannot be written: there is no folder {path.parent}")


def _name(part: Path, path: Path) -> None:
    # A link fails if somebody has taken the name meanwhile; renaming would replace what is there.
    try:
        os.link(part, path)
    except FileExistsError:
        refuse_taken(path)
        raise
    except OSError:  # a file system without links
        refuse_taken(path)
        os.rename(part, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems cannot
            os.fsync(folder)
    finally:
        os.close(folder)
