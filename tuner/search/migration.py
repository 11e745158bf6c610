"""Bringing the tables of an older Optuna up to date, by Optuna's own migrations."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from tuner.errors import StorageError
from tuner.search.admission import Admission
from tuner.search.backend import Backend
from tuner.search.backup import back_up, copy_pages
from tuner.search.looking import looking_at
from tuner.search.postgresql import alone, backend_of
from tuner.search.schema import Schema, refuse_another, running_trials, schema_of
from tuner.search.sqlite_files import connect_to_look, file_of, why_not_writable
from tuner.search.storage_trouble import sentence
from tuner.search.storage_urls import masked


@dataclass(frozen=True)
class Migration:
    """What became of a storage's tables.

    Attributes:
        storage: its URL, without a password.
        before, after: their versions; the same if nothing was to be done.
        copy: the file as it was before; None if nothing was done, or of a server.
    """

    storage: str
    before: str
    after: str
    copy: Path | None


def migrate(url: URL, *, despite_running: bool) -> Migration:
    """Bring a storage's tables up to date.

    A file is copied before, and the copy is put back if anything goes wrong; on a server it is one transaction.

    Args:
        url: the storage, which is there.
        despite_running: whether to go on although trials are said to be running.
    Raises:
        StorageError: if it has no tables or a newer Optuna's, trials are running, or it cannot be done.
    """
    with looking_at(url) as engine, _or_as_it_was(url):
        if url.get_backend_name() == "sqlite":
            return _migrate_file(url, engine, despite_running)
        with alone(engine):
            before = _may_migrate(url, engine, despite_running)
            if not before.fits:
                _upgrade(backend_of(url, complete=True, any_schema=True))
            return _done(url, engine, before, None)


@contextmanager
def _or_as_it_was(url: URL) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise StorageError(
            f"storage {masked(url)} cannot be brought up to date, and is as it was: {sentence(error)}"
        ) from error


def _migrate_file(url: URL, engine: Engine, despite_running: bool) -> Migration:
    path = file_of(url)
    forbidden = why_not_writable(path)
    if forbidden is not None:
        raise StorageError(f"storage {path} {forbidden}")
    with Admission(url)():
        before = _may_migrate(url, engine, despite_running)
        if before.fits:
            return _done(url, engine, before, None)
        copy = _free_name(path, str(before.version))
        back_up(path, copy)
        try:
            _upgrade(Backend(url.render_as_string(hide_password=False), {}, complete=True, any_schema=True))
            return _done(url, engine, before, copy)
        except BaseException:
            copy_pages(partial(connect_to_look, copy), path)
            raise


def _may_migrate(url: URL, engine: Engine, despite_running: bool) -> Schema:
    with engine.connect() as connection:
        schema = schema_of(connection)
        if not schema.fits and not schema.is_older:
            refuse_another(schema)
        running = {} if schema.fits or despite_running else running_trials(connection)
    if running:
        raise StorageError(
            f"storage {masked(url)} has trials that are being trained ({_told(running)}); let their searches "
            "end, or say --despite-running if you know that no search goes on"
        )
    return schema


def _told(running: Mapping[str, int]) -> str:
    return ", ".join(f"{trials} of {study}" for study, trials in running.items())


def _upgrade(backend: Backend) -> None:
    try:
        with _own_logging(), warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # older trials have what Optuna will give up one day
            backend.upgrade()
    finally:
        backend.remove_session()
        backend.engine.dispose()


@contextmanager
def _own_logging() -> Iterator[None]:
    """Keep Optuna's migrations from setting up logging, which they do where nobody has; it would silence all others."""
    handler = logging.NullHandler()
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)


def _done(url: URL, engine: Engine, before: Schema, copy: Path | None) -> Migration:
    with engine.connect() as connection:
        after = schema_of(connection)
    refuse_another(after)
    return Migration(masked(url), str(before.version), str(after.version), copy)


def _free_name(path: Path, version: str) -> Path:
    """A name beside a database for its copy, which says what version it is of and is not taken."""
    names = (path.with_name(f"{path.name}-{version}{'' if number == 1 else f'-{number}'}") for number in count(1))
    return next(name for name in names if not name.exists())
