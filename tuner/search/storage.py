"""Opening the storage: which one, in which mode, and what is said when it cannot be had."""

from __future__ import annotations

import os
import sqlite3
import warnings
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import optuna
import sqlalchemy.exc
from optuna.storages import BaseStorage, RDBStorage
from optuna.storages._rdb.models import NOT_FOUND_MSG, BaseModel
from sqlalchemy.engine import URL, make_url

from tuner.errors import StorageError
from tuner.search.admission import Admission

OpenStorage = BaseStorage
"""A storage that is open; Optuna's own face."""

StorageUrl = URL
"""Where trials are kept; its text form shows no password."""

DEFAULT_FILE = "tuner.db"
BUSY_SECONDS = 60
"""How long to wait for another process that writes to the same SQLite file."""

_OWN_TABLES = frozenset({*BaseModel.metadata.tables, "alembic_version"})
"""Every table of an Optuna database; one that was broken off while it was made has only some of them."""

_SECRETS = frozenset({"password", "passwd", "sslpassword"})
"""Settings behind the question mark of a URL that drivers take for secrets."""

_SQLITE_HEADER = b"SQLite format 3\x00"


def storage_url(stated: str | None, environment: Mapping[str, str], configured: str | None, root: Path) -> URL:
    """Which storage is meant.

    Args:
        stated: from the command line; it may hold no password, since everybody can read a command line.
        environment: where `TUNER_STORAGE` may stand; it may hold a password.
        configured: from the study file's `[run] storage`; a relative path starts from the root.
        root: where `tuner.db` lies if nothing else is stated.
    Raises:
        StorageError: if the text is no URL, or holds a password where everybody can read it.
    """
    if stated is not None:
        url = _parse(stated, "--storage")
        if url.password or _SECRETS & set(url.query):
            raise StorageError(
                f"--storage {masked(url)} holds a password, which everybody on this machine can read; "
                "put the URL into the environment as TUNER_STORAGE instead"
            )
        return _absolute(url, Path.cwd())
    if environment.get("TUNER_STORAGE"):
        return _absolute(_parse(environment["TUNER_STORAGE"], "TUNER_STORAGE"), Path.cwd())
    if configured is not None:
        return _absolute(_parse(configured, "run.storage"), root)
    return URL.create("sqlite", database=str(root / DEFAULT_FILE))


def parse_storage(text: str, folder: Path) -> StorageUrl:
    """A storage's URL out of its text; a relative path starts from the folder.

    Raises:
        StorageError: if the text is no URL.
    """
    return _absolute(_parse(text, "storage"), folder)


def _parse(text: str, origin: str) -> URL:
    # What may hold a password is not shown, for nobody knows which part of an unreadable URL it is.
    shown = "this" if "@" in text or origin == "TUNER_STORAGE" else text
    try:
        url = make_url(text)
    except (sqlalchemy.exc.ArgumentError, ValueError):
        raise StorageError(
            f"{origin}: {shown} is no storage URL; write sqlite:///results.db for a file, "
            "or postgresql+psycopg://user@host/database"
        ) from None
    if url.get_backend_name() != "sqlite" and "@" in f"{url.host}{url.database}":
        raise StorageError(f"{origin}: the URL has more than one @; write those of a password as %40")
    return url


def _absolute(url: URL, folder: Path) -> URL:
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        return url.set(database=str(folder / Path(url.database).expanduser()))
    return url


def masked(url: URL) -> str:
    """A storage's URL with its password hidden, for people and for logs."""
    hidden = dict.fromkeys(_SECRETS & set(url.query), "hidden")
    return url.update_query_dict(hidden).render_as_string(hide_password=True)


def exists(url: URL) -> bool:
    """Whether the storage is there already; a server is taken to be."""
    return url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:") or Path(url.database).exists()


@contextmanager
def opened(url: URL) -> Iterator[BaseStorage]:
    """The storage of a URL, with finished trials cached; it is made if it is not there.

    SQLite is put into WAL mode, so that readers (a dashboard) and writers do not hold one another up.

    Raises:
        StorageError: if it cannot be opened, or if it later cannot be written to.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)  # its own lines would disturb the picture and the JSON
    with storage_trouble(url):
        storage = _open(url)
        try:
            yield optuna.storages.get_storage(storage)
        finally:
            storage.remove_session()
            storage.engine.dispose()


def _open(url: URL) -> RDBStorage:
    if url.get_backend_name() != "sqlite":
        return RDBStorage(url.render_as_string(hide_password=False), engine_kwargs={"pool_pre_ping": True})
    if not url.database or url.database == ":memory:":
        raise StorageError("a storage in memory is gone when the command ends; name a file: sqlite:///results.db")
    path = Path(url.database)
    _check_sqlite(path)
    connections: list[sqlite3.Connection] = []

    def connect() -> sqlite3.Connection:
        connections.append(_connect(path))
        return connections[-1]

    with warnings.catch_warnings(), Admission(url)():  # two that make the same tables at once would fail
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        try:
            return RDBStorage(f"sqlite:///{path}", engine_kwargs={"creator": connect})
        except BaseException:
            # Without a storage there is nobody who could close what its tables were to be made with.
            for connection in connections:
                connection.close()
            raise


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _check_sqlite(path: Path) -> None:
    """Refuse what is no storage of trials before anything is written to it."""
    if not path.parent.is_dir():
        raise StorageError(f"storage {path}: there is no folder {path.parent}")
    if path.is_dir():
        raise StorageError(f"storage {path} is a folder; name a file in it")
    if not path.exists() or path.stat().st_size == 0:
        if not os.access(path.parent, os.W_OK):
            raise StorageError(f"storage {path} cannot be made: the folder {path.parent} is not writable")
        return
    if not os.access(path, os.W_OK):
        raise StorageError(f"storage {path} is read-only; make it writable, or name another with --storage")
    try:
        with path.open("rb") as file:
            header = file.read(len(_SQLITE_HEADER))
    except OSError as error:
        raise StorageError(f"storage {path} cannot be read: {error.strerror}") from None
    if header != _SQLITE_HEADER:
        raise StorageError(f"storage {path} is no SQLite database; name another file with --storage")
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    foreign = sorted(tables - _OWN_TABLES)
    if foreign and not {"studies", "trials", "version_info"} <= tables:
        some = ", ".join(foreign[:3])
        raise StorageError(
            f"storage {path} is no Optuna database (it has the tables {some}); name another file with --storage"
        )


@contextmanager
def storage_trouble(url: URL) -> Iterator[None]:
    """Turn what a database driver says into one sentence for a person."""
    try:
        yield
    except (
        sqlalchemy.exc.SQLAlchemyError,
        sqlite3.Error,
        optuna.exceptions.StorageInternalError,
        ImportError,
        KeyError,
        RuntimeError,
    ) as error:
        sentence = _sentence(error)
        if sentence is None:
            raise
        raise StorageError(f"storage {masked(url)}: {sentence}") from error


def _sentence(error: BaseException) -> str | None:
    """What went wrong in a storage; None if it is no storage's error."""
    chain: list[BaseException] = []
    here: BaseException | None = error
    while here is not None and here not in chain:
        chain.append(here)
        here = getattr(here, "orig", None) or here.__cause__ or here.__context__
    text = " ".join(str(part) for part in chain).lower()
    if isinstance(error, ImportError):
        if "failed to import db access module" not in text:
            return None
        missing = next((part.name for part in chain if isinstance(part, ImportError) and part.name), "its driver")
        if missing.startswith("psycopg"):
            return "its driver is missing; pip install 'psycopg[binary]', and write postgresql+psycopg://user@host/db"
        return f"{missing} is not installed here; install it, or name another driver"
    if isinstance(error, optuna.exceptions.UpdateFinishedTrialError):
        return "a trial that is being trained here was ended by somebody else, such as in the dashboard; start again"
    if isinstance(error, KeyError):
        return "the study was deleted meanwhile" if NOT_FOUND_MSG.lower() in text else None
    if isinstance(error, RuntimeError):
        outdated = "runtime optuna version" in text
        return "it was made by another version of Optuna; see `optuna storage upgrade`" if outdated else None
    for found, sentence in _TROUBLES.items():
        if found in text:
            return sentence
    return str(getattr(chain[-1], "args", [""])[0] or chain[-1]).strip().splitlines()[0]


_TROUBLES: Mapping[str, str] = {
    "database or disk is full": "the disk is full; everything so far is kept; make room and start again",
    "readonly database": "it is read-only; make the file and its folder writable, or name another with --storage",
    "disk i/o error": "the disk cannot be written to (is it full?); everything so far is kept",
    "unable to open database file": "the file cannot be opened; look at its folder and who may write there",
    "file is not a database": "it is no SQLite database; name another file with --storage",
    "malformed": "the database is damaged; restore it, or name another file with --storage",
    "database is locked": f"another process has kept it locked for {BUSY_SECONDS} seconds; end that one first",
    "connection refused": "no server answers there; is it running?",
    "password authentication failed": "the server refuses the password",
}
