"""What a database says when it is in trouble, in one sentence for a person."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import optuna
import sqlalchemy.exc
from optuna.storages._rdb.models import NOT_FOUND_MSG
from sqlalchemy.engine import URL

from tuner.errors import StorageError
from tuner.search.schema import SchemaError
from tuner.search.sqlite_files import BUSY_SECONDS
from tuner.search.storage_urls import masked


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
        found = sentence(error)
        if found is None:
            raise
        colon = "" if isinstance(error, SchemaError) else ":"
        raise StorageError(f"storage {masked(url)}{colon} {found}") from error


def sentence(error: BaseException) -> str | None:
    """What went wrong in a storage; None if it is no storage's error."""
    chain = causes(error)
    text = " ".join(str(part) for part in chain).lower()
    if isinstance(error, ImportError):
        if "failed to import db access module" not in text and "psycopg" not in text:
            return None
        return "its driver is missing; pip install 'psycopg[binary]'"
    if isinstance(error, optuna.exceptions.UpdateFinishedTrialError):
        return "a trial that is being trained here was ended by somebody else, such as in the dashboard; start again"
    if isinstance(error, KeyError):
        return "the study was deleted meanwhile" if NOT_FOUND_MSG.lower() in text else None
    if isinstance(error, RuntimeError):
        return str(error) if isinstance(error, SchemaError) else None
    for said, meant in _TROUBLES.items():
        if re.search(said, text):
            return meant
    return str(getattr(chain[-1], "args", [""])[0] or chain[-1]).strip().splitlines()[0]


def causes(error: BaseException) -> list[BaseException]:
    """An error and what it came from, down to what the driver raised."""
    chain: list[BaseException] = []
    here: BaseException | None = error
    while here is not None and here not in chain:
        chain.append(here)
        here = getattr(here, "orig", None) or here.__cause__ or here.__context__
    return chain


_TROUBLES: Mapping[str, str] = {
    # SQLite
    "database or disk is full": "the disk is full; everything so far is kept; make room and start again",
    "readonly database": "it is read-only; make the file and its folder writable, or name another with --storage",
    "disk i/o error": "the disk cannot be written to (is it full?); everything so far is kept",
    "unable to open database file": "the file cannot be opened; look at its folder and who may write there",
    "file is not a database": "it is no SQLite database; name another file with --storage",
    "malformed": "the database is damaged; restore it, or name another file with --storage",
    "database is locked": f"another process has kept it locked for {BUSY_SECONDS} seconds; end that one first",
    # PostgreSQL
    "connection refused": "no server answers there; is it running?",
    "password authentication failed": "the server refuses the password",
    "no password supplied": (
        "the server wants a password; put it into TUNER_STORAGE, or into the file that PGPASSFILE names (mode 600)"
    ),
    "root certificate file .* does not exist": (
        "there is nothing to verify the server's certificate with; name the file of its authority with sslrootcert"
    ),
    "certificate verify failed": "the server's certificate is not by the authority in the file of sslrootcert",
    "server certificate for .* does not match": "the server's certificate is for another host name than the URL's",
    "server does not support ssl": "the server offers no TLS; switch it on there, or ask for none with sslmode",
    "no pg_hba.conf entry": "the server does not let this user in from this machine; see its pg_hba.conf",
    'database ".*" does not exist': "the server has no such database; make it with createdb",
    'role ".*" does not exist': "the server has no such user; make it with createuser",
    "permission denied for schema": (
        "this user may not make tables there; make them once with `tuner storage init`, as one who may"
    ),
    "must be owner": "only the owner of the tables may change them; name that user",
    "permission denied": "this user may not do that there; let it own the database, or name another user",
    "failed to resolve host": "there is no such host; look at the URL",
    "connection timeout expired": "the server does not answer; is the host right, and does a firewall let you through?",
    "the database system is starting up": "the server is starting up; try again in a moment",
    "the database system is shutting down": "the server is shutting down; everything so far is kept",
    "the database system is in recovery mode": "the server is recovering from a crash; try again in a moment",
    "terminating connection": "the server has ended the connection; everything so far is kept",
    "server closed the connection": "the server has ended the connection; everything so far is kept",
    "too many (clients|connections)": "the server has no connection left; see its max_connections",
    "remaining connection slots": "the server has no connection left; see its max_connections",
    "query_wait_timeout": "the connection pooler had no connection free for a long time; see its default_pool_size",
    "no space left on device": "the server's disk is full; everything so far is kept; make room and start again",
    "read-only transaction": "it is read-only for this user; name another user or storage",
    "queuepool limit": "no connection to the server was free for a long time",
}
"""What drivers say, as a pattern for a part of it in small letters, and what it means."""
