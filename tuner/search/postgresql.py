"""A storage on a PostgreSQL server: how to connect, and how its tables are made once."""

from __future__ import annotations

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
}
"""libpq's settings, in seconds and, the last, milliseconds; the same in a URL comes first."""

MAKING_TABLES = 0x74756E6572
"""The number of the lock that is held while tables are made: "tuner" in ASCII."""


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
    url = server_url(url)
    address = url.render_as_string(hide_password=False)
    connection = {name: value for name, value in CONNECTION.items() if name not in url.query}
    settings = {**POOL, "connect_args": connection}
    engine = create_engine(url, poolclass=NullPool, connect_args=connection)
    if is_complete(engine):  # the rule, and then nobody waits, and a user who may only read can look
        return Backend(address, settings, complete=True)
    with alone(engine):
        return Backend(address, settings, complete=False)


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
    with engine.begin() as connection:
        connection.execute(select(func.pg_advisory_xact_lock(MAKING_TABLES)))
        yield
