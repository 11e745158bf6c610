"""Opening the storage, to write to it or to look at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import optuna
from optuna.storages import BaseStorage, RDBStorage
from sqlalchemy.engine import URL

from tuner.errors import StorageError
from tuner.search.admission import Admission
from tuner.search.backend import Backend
from tuner.search.postgresql import alone, open_server
from tuner.search.sqlite_files import (
    check_file,
    check_tables,
    connect,
    connect_to_read,
    file_of,
    is_new,
    readable,
    why_not_writable,
)
from tuner.search.storage_trouble import storage_trouble
from tuner.search.storage_urls import (
    StorageUrl,
    exists,
    masked,
    parse_storage,
    public_url,
    sqlite_url,
    storage_url,
    url_in_file,
)

__all__ = [
    "OpenStorage",
    "StorageUrl",
    "exists",
    "making_a_study",
    "masked",
    "opened",
    "opened_backend",
    "opened_to_look",
    "parse_storage",
    "public_url",
    "sqlite_url",
    "storage_trouble",
    "storage_url",
    "url_in_file",
]

OpenStorage = BaseStorage
"""A storage that is open; Optuna's own face."""


@contextmanager
def opened(url: URL) -> Iterator[BaseStorage]:
    """The storage of a URL to look at, with finished trials cached; it is made if it is not there.

    It can be written to as well, unless the file, its folder or its disk forbids that, or it lies on a network file
    system; then what is tried nevertheless is a `StorageError`.

    Raises:
        StorageError: if it cannot be opened, or if it later cannot be written to.
    """
    with opened_to_look(url) as backend:
        yield optuna.storages.get_storage(backend)


@contextmanager
def opened_to_look(url: URL) -> Iterator[RDBStorage]:
    """The same as Optuna's own class, which has the engine and no cache.

    Raises:
        StorageError: if it cannot be opened, or if it later cannot be written to.
    """
    with storage_trouble(url), ExitStack() as until_closed:
        yield _open(url, until_closed, may_be_read_only=True)


@contextmanager
def opened_backend(url: URL) -> Iterator[RDBStorage]:
    """The storage of a URL to write to, as Optuna's own class, which has the engine; it is made if it is not there.

    Raises:
        StorageError: if it cannot be opened or cannot be written to.
    """
    with storage_trouble(url), ExitStack() as until_closed:
        yield _open(url, until_closed, may_be_read_only=False)


@contextmanager
def making_a_study(url: URL, backend: RDBStorage) -> Iterator[None]:
    """Wait until no other process makes a study in this storage, and keep others from it meanwhile."""
    if url.get_backend_name() == "sqlite":
        with Admission(url)():
            yield
    else:
        with alone(backend.engine):
            yield


def _open(url: URL, until_closed: ExitStack, *, may_be_read_only: bool) -> Backend:
    optuna.logging.set_verbosity(optuna.logging.ERROR)  # its own lines would disturb the picture and the JSON
    if url.get_backend_name() == "sqlite":
        storage = _open_file(file_of(url), url, until_closed, may_be_read_only=may_be_read_only)
    else:
        storage = open_server(url)
    until_closed.callback(storage.engine.dispose)
    until_closed.callback(storage.remove_session)
    return storage


def _open_file(path: Path, url: URL, until_closed: ExitStack, *, may_be_read_only: bool) -> Backend:
    check_file(path)
    forbidden = why_not_writable(path)
    if forbidden is None:
        if not is_new(path):
            check_tables(path, path)
        with Admission(url)():  # two that make the same tables at once would fail
            return Backend(f"sqlite:///{path}", {"creator": partial(connect, path)}, complete=False)
    if is_new(path) or not may_be_read_only:
        raise StorageError(f"storage {path} {forbidden}")
    file = until_closed.enter_context(readable(path))
    check_tables(file, path)
    return Backend(f"sqlite:///{file}", {"creator": partial(connect_to_read, file)}, complete=True)
