"""Looking at a database as it is, without Optuna, which would make tables that are not there or refuse older ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from sqlalchemy import Engine, NullPool, create_engine
from sqlalchemy.engine import URL

from tuner.search.postgresql import engine_of
from tuner.search.schema import Schema, schema_of
from tuner.search.sqlite_files import check_file, check_tables_of, file_of, is_new, looks_at
from tuner.search.storage_trouble import storage_trouble


@contextmanager
def looking_at(url: URL) -> Iterator[Engine]:
    """What reaches a database that is there; of a file it can only read.

    Raises:
        StorageError: if it cannot be reached, or is no database for trials.
    """
    with storage_trouble(url):
        if url.get_backend_name() != "sqlite":
            yield engine_of(url)
            return
        path = file_of(url)
        check_file(path)
        with looks_at(path) as connect:
            with closing(connect()) as connection:
                check_tables_of(connection, path)
            yield create_engine("sqlite://", creator=connect, poolclass=NullPool)


def schema_at(url: URL) -> Schema:
    """What a database has of Optuna's tables; a file need not be there.

    Raises:
        StorageError: if it cannot be reached, or is no database for trials.
    """
    if url.get_backend_name() == "sqlite":
        check_file(file_of(url))
        if is_new(file_of(url)):
            return Schema(frozenset(), None, None)
    with looking_at(url) as engine, engine.connect() as connection:
        return schema_of(connection)
