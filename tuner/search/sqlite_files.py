"""A storage in an SQLite file: what it must be, how it is opened, and how one is read that cannot be written to."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.engine import URL

from tuner.errors import StorageError
from tuner.search.file_systems import network_file_system
from tuner.search.schema import TABLES

BUSY_SECONDS = 60
"""How long to wait for another process that writes to the same SQLite file."""

COPIES = 3
"""How often to copy a database again that changes meanwhile."""

_SQLITE_HEADER = b"SQLite format 3\x00"

_CANNOT = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
"""What SQLite says, also when it is asked to read only, if it cannot make the two files of WAL mode."""


def file_of(url: URL) -> Path:
    """The file of an SQLite storage.

    Raises:
        StorageError: if it would be in memory.
    """
    if not url.database or url.database == ":memory:":
        raise StorageError("a storage in memory is gone when the command ends; name a file: sqlite:///results.db")
    return Path(url.database)


def check_file(path: Path) -> None:
    """Refuse what is no storage of trials before anything is done to it.

    Raises:
        StorageError: if the file cannot be read, or is of another kind.
    """
    if not path.parent.is_dir():
        raise StorageError(f"storage {path}: there is no folder {path.parent}")
    if path.is_dir():
        raise StorageError(f"storage {path} is a folder; name a file in it")
    if is_new(path):
        return
    try:
        with path.open("rb") as file:
            header = file.read(len(_SQLITE_HEADER))
    except OSError as error:
        raise StorageError(f"storage {path} cannot be read: {error.strerror}") from None
    if header != _SQLITE_HEADER:
        raise StorageError(f"storage {path} is no SQLite database; name another file with --storage")


def check_tables(readable: Path, path: Path) -> None:
    """Refuse a database of another program.

    Args:
        readable: the file, or a copy of it.
        path: the file.
    Raises:
        StorageError: if it is none of Optuna's.
    """
    with closing(connect_to_read(readable)) as connection:
        check_tables_of(connection, path)


def check_tables_of(connection: sqlite3.Connection, path: Path) -> None:
    """The same by a connection to the file."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}

    foreign = sorted(tables - TABLES)
    if foreign and not {"studies", "trials", "version_info"} <= tables:
        some = ", ".join(foreign[:3])
        raise StorageError(
            f"storage {path} is no Optuna database (it has the tables {some}); name another file with --storage"
        )


def is_new(path: Path) -> bool:
    """Whether a database is yet to be made there."""
    return not path.exists() or path.stat().st_size == 0


def why_not_writable(path: Path) -> str | None:
    """Why trials cannot be written to a file, as the rest of a sentence that begins with it; None if they can."""
    network = network_file_system(path)
    if network is not None:
        # WAL mode shares memory between processes, and its locks have to be true.
        return (
            f"lies on a network file system ({network}), where SQLite cannot keep several processes apart; "
            "name a file on a disk of this machine with --storage, or a PostgreSQL server"
        )
    if not os.access(path.parent, os.W_OK):
        verb = "cannot be made" if is_new(path) else "is read-only"
        return f"{verb}: the folder {path.parent} is not writable; make it so, or name another file with --storage"
    if path.exists() and not os.access(path, os.W_OK):
        return "is read-only; make it writable, or name another with --storage"
    return None


def connect(path: Path) -> sqlite3.Connection:
    """A connection that writes, in WAL mode, so that readers and writers do not hold one another up."""
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def connect_to_read(path: Path) -> sqlite3.Connection:
    """A connection that cannot write."""
    return sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS, check_same_thread=False
    )


def connect_to_look(path: Path) -> sqlite3.Connection:
    """A connection to a file that could be written to, which changes nothing.

    Unlike one that cannot write, it takes the two files of WAL mode away when it is the last to close.
    """
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=BUSY_SECONDS)
    connection.execute("PRAGMA query_only=ON")
    return connection


@contextmanager
def looks_at(path: Path) -> Iterator[Callable[[], sqlite3.Connection]]:
    """What connects to a database in order to look at it as it is, whether or not it could be written to.

    Raises:
        StorageError: if it can neither be read where it is nor be copied.
    """
    if why_not_writable(path) is None:
        yield partial(connect_to_look, path)
        return
    with readable(path) as file:
        yield partial(connect_to_read, file)


@contextmanager
def readable(path: Path) -> Iterator[Path]:
    """A file with what stands in a database that cannot be written to.

    That is the database itself if its folder has the files of WAL mode, or lets us make them; then it is seen as it
    changes. Else, and on a network file system, it is a copy of this moment. (SQLite's own `immutable` needs no copy,
    but answers with nonsense if somebody writes after all.)

    Raises:
        StorageError: if it cannot be copied.
    """
    if network_file_system(path) is None and _can_be_read(path):
        yield path
        return
    with TemporaryDirectory(prefix="tuner-") as folder:
        copy = _copied(path, Path(folder))
        with closing(sqlite3.connect(copy)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")  # what stands in its WAL goes into the file
        yield copy


def _can_be_read(path: Path) -> bool:
    try:
        with closing(connect_to_read(path)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in _CANNOT:
            return False
        raise
    return True


def _copied(path: Path, folder: Path) -> Path:
    """A copy of a database with all that belongs to it, which nobody has written to meanwhile."""
    for _ in range(COPIES):
        before = _state(path)
        try:
            for name in before:
                shutil.copyfile(path.with_name(name), folder / name)
        except FileNotFoundError:
            continue  # a part that its writer has just deleted
        except OSError as error:
            raise StorageError(
                f"storage {path} is read-only, and cannot be copied to {folder}: {error.strerror}"
            ) from None
        if _state(path) == before:
            return folder / path.name
        for name in before:
            (folder / name).unlink()
    raise StorageError(f"storage {path} is being written to; look at it from where that happens, or later")


def _state(path: Path) -> dict[str, tuple[int, int]]:
    """The files that a database consists of, each with its size and the time of its last change."""
    files = [path.with_name(path.name + suffix) for suffix in ("", "-wal", "-journal")]
    return {file.name: (file.stat().st_size, file.stat().st_mtime_ns) for file in files if file.exists()}
