"""A storage on a PostgreSQL server: how to connect, and how its tables are made once."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, NullPool, create_engine, func, inspect, select, text
from sqlalchemy.engine import URL

from tuner.errors import StorageError
from tuner.search.backend import Backend
from tuner.search.storage_urls import masked

DRIVER = "postgresql+psycopg"

POOL: Mapping[str, Any] = {"pool_pre_ping": True, "pool_size": 2, "max_overflow": 2, "pool_timeout": 60}
"""Few connections, since a server lets in a hundred or so of all workers together; each is tried before it is used."""

CONNECTION: Mapping[str, Any] = {
    "application_name": "tuner",
    "connect_timeout": 10,
    # A network that has gone silent is noticed after a minute; by itself Linux takes two hours.
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
    # A pooler hands each transaction to another connection, which knows no statement that was prepared in the last one.
    "prepare_threshold": None,
}
"""libpq's settings, in seconds and milliseconds, and one of psycopg's; the same in a URL comes first."""

MAKING_TABLES = 0x74756E6572
"""The number of the lock that is held while tables are made: "tuner" in ASCII."""

TRY_AGAIN_SECONDS = 0.05
"""How long to wait before the lock is tried again."""


def server_url(url: URL) -> URL:
    """A PostgreSQL server's URL with our driver in it, which may be left out.

    Raises:
        StorageError: if it is another database's, or names another driver.
    """
    if url.drivername in ("postgresql", "postgres", DRIVER):
        return url.set(drivername=DRIVER)
    if url.get_backend_name() == "postgresql":
        raise StorageError(f"storage {masked(url)} names a driver that tuner does not use; write {DRIVER}://...")
    raise StorageError(
        f"storage {masked(url)}: tuner keeps trials in SQLite or PostgreSQL, not in {url.get_backend_name()}; "
        f"write sqlite:///results.db for a file, or {DRIVER}://user@host/database"
    )


def open_server(url: URL) -> Backend:
    """The storage of a server's URL; its tables are made if they are not there, also by several processes at once."""
    engine = engine_of(url)
    if is_complete(engine):  # the rule, and then nobody waits, and a user who may only read can look
        return backend_of(url, complete=True)
    with alone(engine):
        return backend_of(url, complete=False)


def backend_of(url: URL, *, complete: bool, any_schema: bool = False) -> Backend:
    """Optuna's storage of a server's URL; what is known of its tables is said as to `Backend`."""
    url = server_url(url)
    settings = {**POOL, "connect_args": _connection(url)}
    return Backend(url.render_as_string(hide_password=False), settings, complete=complete, any_schema=any_schema)


def engine_of(url: URL) -> Engine:
    """What reaches a server by itself, without Optuna, and keeps no connection."""
    url = server_url(url)
    return create_engine(url, poolclass=NullPool, connect_args=_connection(url))


def _connection(url: URL) -> dict[str, Any]:
    return {name: value for name, value in CONNECTION.items() if name not in url.query}


def is_complete(engine: Engine) -> bool:
    """Whether a database has all of Optuna's tables; the one that is filled last is."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        return connection.scalar(text("SELECT version_num FROM alembic_version")) is not None


@contextmanager
def alone(engine: Engine) -> Iterator[None]:
    """Wait until no other process is in here with the same database.

    The lock belongs to a transaction, so that it ends with its process and works through a connection pooler.
    """
    with engine.connect() as connection:
        # Who waited in the server would keep a connection, of which a pooler may have no other for the one in here.
        while not connection.scalar(select(func.pg_try_advisory_xact_lock(MAKING_TABLES))):
            connection.rollback()
            time.sleep(random.uniform(0.5, 1.5) * TRY_AGAIN_SECONDS)
        yield
        connection.commit()
