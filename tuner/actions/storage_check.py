"""Whether a storage can be used: reached, with its tables, with the rights and the connections that workers need."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tuner.actions.defaults import Storage, root_of, storage_of
from tuner.search.looking import looking_at, schema_at
from tuner.search.schema import Schema, schema_of, tables_of
from tuner.search.server_facts import ServerFacts, connections_needed, server_facts
from tuner.search.sqlite_files import file_of, is_new, why_not_writable
from tuner.search.storage import StorageUrl, masked


@dataclass(frozen=True)
class StorageCheck:
    """What a storage is like.

    Attributes:
        storage: its URL, without a password.
        facts: what was found, as text for a person, by what it is about.
        problems: what stands in the way, each as the rest of a sentence that begins with the storage's name.
    """

    storage: str
    facts: Mapping[str, str]
    problems: tuple[str, ...]


def check(*, storage: Storage = None, workers: int | None = None) -> StorageCheck:
    """Look at a storage, and change nothing.

    Args:
        storage: where it is; found as the command line finds it if left out.
        workers: how many are to search in it at once; None if this user is only to look at trials.
    Raises:
        StorageError: if it cannot be reached, or is no database for trials; with the reason.
    """
    url = storage_of(storage, root_of(None))
    look = _check_file if url.get_backend_name() == "sqlite" else _check_server
    facts, problems = look(url, workers)
    return StorageCheck(masked(url), facts, tuple(problems))


def _check_file(url: StorageUrl, workers: int | None) -> tuple[dict[str, str], list[str]]:
    path = file_of(url)
    schema = schema_at(url)
    if is_new(path):
        return {}, ["is not there yet; `tuner storage init` or the first search makes it"]
    forbidden = why_not_writable(path)
    facts = {
        "database": f"SQLite {sqlite3.sqlite_version}, {path.stat().st_size / 2**20:.1f} MB",
        "tables": _tables(schema),
        "rights": "may read and write" if forbidden is None else "may read",
        "workers": "any number, all of them on this machine",
    }
    problems = [schema.problem] if schema.problem else []
    if workers is not None and forbidden is not None:
        problems.append(forbidden)
    return facts, problems


def _check_server(url: StorageUrl, workers: int | None) -> tuple[dict[str, str], list[str]]:
    with looking_at(url) as engine, engine.connect() as connection:
        tables = tables_of(connection)
        server = server_facts(connection, tables)
        schema = schema_of(connection) if server.may_read else Schema(tables, None, None)
    facts = {
        "database": f"PostgreSQL {server.version}{', behind a connection pooler' if server.pooled else ''}",
        "encryption": _encryption(server),
        "tables": _tables(schema) if server.may_read else "not to be read",
        "role": f"{server.role} {_rights(server, schema)}",
        "connections": _connections(server, workers),
    }
    return facts, [*_problems(server, schema, workers)]


def _tables(schema: Schema) -> str:
    if schema.version is None:
        return "some are missing" if schema.tables else "none"
    return f"version {schema.version} of Optuna's{', which is the present one' if schema.fits else ''}"


def _encryption(server: ServerFacts) -> str:
    if server.encryption is None:
        return "none; sslmode=verify-full in the URL asks for it"
    how = (
        "the server's certificate is verified"
        if server.verified
        else "whoever answers is believed: no sslmode=verify-full"
    )
    return f"{server.encryption}; {how}"


def _rights(server: ServerFacts, schema: Schema) -> str:
    may = []
    if schema.tables:
        may = ["read and write" if server.may_write else "read"] if server.may_read else []
    if server.may_make_tables:
        may.append("make tables")
    return f"may {' and '.join(may)}" if may else "may do nothing there"


def _connections(server: ServerFacts, workers: int | None) -> str:
    wanted = "" if workers is None else f"; {workers} workers take {connections_needed(workers)}"
    if server.pooled:
        return f"up to the pooler's max_client_conn{wanted}"
    limit = server.connections
    return f"{limit.most} at most ({limit.bound}), {limit.in_use} in use{wanted}"


def _problems(server: ServerFacts, schema: Schema, workers: int | None) -> Iterator[str]:
    if server.schema is None:
        yield f"has no schema that the role {server.role} may use; GRANT USAGE ON SCHEMA public TO it"
    elif schema.tables and not server.may_read:
        yield f"does not let the role {server.role} read {_some(server.lacking['SELECT'])}; {SEE_ROLES}"
    elif schema.problem is not None:
        yield schema.problem
    if workers is None:
        return
    if schema.tables and server.may_read and not server.may_write:
        lacking = "; ".join(f"{right} on {_some(names)}" for right, names in server.lacking.items())
        yield f"does not let the role {server.role} write trials: it lacks {lacking}; {SEE_ROLES}"
    needed, limit = connections_needed(workers), server.connections
    if needed > limit.most and not server.pooled:
        yield (
            f"has too few connections: {workers} workers take {needed}, but {limit.bound} allows {limit.most}; raise "
            f"that, start {_workers_for(limit.most)} workers at the most, or put PgBouncer in between"
        )


SEE_ROLES = "docs/storage.md has the GRANTs of workers and readers"


def _workers_for(connections: int) -> int:
    """How many workers so many connections are enough for."""
    return max((number for number in range(connections) if connections_needed(number) <= connections), default=0)


def _some(names: tuple[str, ...]) -> str:
    """A few of many names."""
    return ", ".join(names) if len(names) <= 3 else f"{', '.join(names[:2])} and {len(names) - 2} more"
