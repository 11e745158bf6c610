"""A copy of an SQLite database as it is at one moment, while others write to it."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tuner.errors import StorageError
from tuner.search.file_systems import network_file_system
from tuner.search.sqlite_files import BUSY_SECONDS, looks_at
from tuner.search.whole_file import refuse_taken, whole_file


def back_up(path: Path, copy: Path) -> None:
    """Copy an SQLite database, by SQLite's own means, into a new file.

    Nobody who writes meanwhile is held up, and what they write is not in the copy.

    Args:
        path: the database.
        copy: the new file, which has its name when it is whole.
    Raises:
        StorageError: if there is such a file already, or it cannot be written.
    """
    refuse_taken(copy)
    with looks_at(path) as connect, new_database(copy) as part:
        copy_pages(connect, part)


def copy_pages(connect: Callable[[], sqlite3.Connection], target: Path) -> None:
    """Put what stands in one SQLite database into another, whatever that had before."""
    with closing(connect()) as reading, closing(sqlite3.connect(target, timeout=BUSY_SECONDS)) as writing:
        # All in one step: in several, SQLite begins again whenever somebody writes in between, and may never end.
        reading.backup(writing, pages=-1)


@contextmanager
def new_database(path: Path) -> Iterator[Path]:
    """Where an SQLite database is to be made that is to have this name; it gets the name at the end of the block.

    It is looked over before, and is then one file, which can be read from any disk.

    Raises:
        StorageError: if there is such a file already, it cannot be written, or what was written is not sound.
    """
    with whole_file(path) as part:
        if network_file_system(path.parent) is None:
            yield part
            _finish(part)
            return
        with TemporaryDirectory(prefix="tuner-") as folder:  # SQLite's locks are not always true there
            local = Path(folder) / path.name
            yield local
            _finish(local)
            shutil.copyfile(local, part)


def _finish(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise StorageError(f"the copy is damaged, as the storage may be: {found}")
