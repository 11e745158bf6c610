"""What a PostgreSQL server says about itself and about the role that asks: version, TLS, rights and connections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from optuna.storages._rdb import models
from sqlalchemy import Connection, text

from tuner.search.postgresql import POOL
from tuner.search.schema import VERSION_TABLE

ONLY_READ = frozenset({VERSION_TABLE, models.VersionInfoModel.__tablename__})
"""Tables that only those who make and migrate tables write to."""

DELETED_FROM = models.TrialIntermediateValueModel.__tablename__
"""The one table that a search deletes from: what a trial reported that starts over."""


@dataclass(frozen=True)
class Connections:
    """How many connections a role may have at once.

    Attributes:
        most: how many, with everybody else's.
        bound: what says so, as a person would look for it.
        in_use: those that count, without the one that asks.
    """

    most: int
    bound: str
    in_use: int


@dataclass(frozen=True)
class ServerFacts:
    """A server, as one role sees it.

    Attributes:
        version: the server's.
        role: the user.
        encryption: the TLS version of the connection, or `TLS` if only that is known; None if it has none.
        verified: whether the certificate and its host name had to be right.
        pooled: whether a connection pooler stands between.
        schema: where tables are looked for and made; None if the role may use none.
        may_make_tables: whether the role may make them there.
        lacking: what it may not do of what a search does, as names of tables and sequences by the name of the right.
        connections: how many it may have.
    """

    version: str
    role: str
    encryption: str | None
    verified: bool
    pooled: bool
    schema: str | None
    may_make_tables: bool
    lacking: Mapping[str, tuple[str, ...]]
    connections: Connections

    @property
    def may_read(self) -> bool:
        """Whether the role may read all tables."""
        return self.schema is not None and "SELECT" not in self.lacking

    @property
    def may_write(self) -> bool:
        """Whether the role may do all that a search does."""
        return self.schema is not None and not self.lacking


def connections_needed(workers: int) -> int:
    """How many connections so many workers take at once.

    Each of them keeps `pool_size`, and so does the `tuner search` or `tuner watch` that looks after them; only the one
    that is joining the study needs more for a moment, since one joins at a time.

    >>> connections_needed(16)
    36
    """
    return int(POOL["pool_size"]) * (workers + 1) + int(POOL["max_overflow"])


def server_facts(connection: Connection, tables: frozenset[str]) -> ServerFacts:
    """What a server says; nothing is changed.

    Args:
        connection: to the server.
        tables: those of Optuna's tables that are there.
    """
    [row] = connection.execute(text(_FACTS))
    driver: Any = connection.connection.driver_connection
    # What a pooler tells as the number of the server's process is its own invention.
    pooled = driver.info.backend_pid != row.pid
    encryption = None
    if driver.pgconn.ssl_in_use:
        encryption = "TLS" if pooled or row.encryption is None else str(row.encryption)
    return ServerFacts(
        version=str(row.version).split()[0],
        role=row.role,
        encryption=encryption,
        verified=driver.info.get_parameters().get("sslmode") == "verify-full",
        pooled=pooled,
        schema=row.schema,
        may_make_tables=bool(row.may_make_tables),
        lacking=_lacking(connection, tables),
        connections=_connections(row),
    )


_FACTS = """
SELECT current_setting('server_version') AS version, current_user AS role, current_schema() AS schema,
       has_schema_privilege(current_schema(), 'CREATE') AS may_make_tables,
       pg_backend_pid() AS pid, (SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()) AS encryption,
       rolsuper AS superuser, rolconnlimit AS of_role, datconnlimit AS of_database,
       current_setting('max_connections')::int AS of_server,
       current_setting('superuser_reserved_connections')::int
           + coalesce(current_setting('reserved_connections', true), '0')::int AS reserved,
       used.server AS in_server, used.database AS in_database, used.role AS in_role
FROM pg_roles, pg_database, (
    SELECT count(*) AS server, count(*) FILTER (WHERE datname = current_database()) AS database,
           count(*) FILTER (WHERE usename = current_user) AS role
    FROM pg_stat_activity
    WHERE datid IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend'
      AND pid <> pg_backend_pid()
) AS used
WHERE rolname = current_user AND datname = current_database()
"""
"""Of other users' connections a server tells little but that they are there, and that is enough."""


def _connections(row: Any) -> Connections:
    if row.superuser:
        return Connections(row.of_server, "max_connections of the server", row.in_server)
    limits = [
        (row.of_server - row.reserved, "max_connections of the server without those for superusers", row.in_server),
        (row.of_role, f"the CONNECTION LIMIT of the role {row.role}", row.in_role),
        (row.of_database, "the CONNECTION LIMIT of the database", row.in_database),
    ]
    return Connections(*min(limit for limit in limits if limit[0] >= 0))


def _lacking(connection: Connection, tables: frozenset[str]) -> dict[str, tuple[str, ...]]:
    wanted = sorted((right, table) for table in tables for right in _rights(table))
    rights, names = [right for right, _ in wanted], [table for _, table in wanted]
    lacking: dict[str, tuple[str, ...]] = {}
    for right, name in connection.execute(text(_MAY_NOT), {"rights": rights, "names": names}):
        lacking[right] = (*lacking.get(right, ()), name)
    keys = [
        (name, next(iter(table.primary_key)).name)
        for name, table in models.BaseModel.metadata.tables.items()
        if name in tables - ONLY_READ
    ]
    of_keys = {"names": [name for name, _ in keys], "columns": [column for _, column in keys]}
    sequences = tuple(connection.scalars(text(_MAY_NOT_NUMBER), of_keys))
    return {**lacking, "USAGE": sequences} if sequences else lacking


_MAY_NOT = """
SELECT a_right, a_table FROM unnest(CAST(:rights AS text[]), CAST(:names AS text[])) AS wanted(a_right, a_table)
WHERE NOT coalesce(has_table_privilege(to_regclass(quote_ident(a_table)), a_right), false)
"""

_MAY_NOT_NUMBER = """
SELECT a_sequence FROM (
    SELECT pg_get_serial_sequence(quote_ident(a_table), a_column) AS a_sequence
    FROM unnest(CAST(:names AS text[]), CAST(:columns AS text[])) AS wanted(a_table, a_column)
) AS found
WHERE NOT has_sequence_privilege(a_sequence, 'USAGE, UPDATE')
"""
"""The sequences that number new rows; a table without one is numbered by hand, or by the server itself."""


def _rights(table: str) -> tuple[str, ...]:
    """What a search does with a table."""
    if table in ONLY_READ:
        return ("SELECT",)
    return ("SELECT", "INSERT", "UPDATE", *(("DELETE",) if table == DELETED_FROM else ()))
