"""Which version of Optuna's tables a database has, and whether the Optuna that is installed can use them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import optuna
from alembic.script import ScriptDirectory
from optuna.storages._rdb import models
from sqlalchemy import Connection, inspect, text

VERSION_TABLE = "alembic_version"
"""Where alembic, by which Optuna brings its tables up to date, keeps the version that they have."""

TABLES = frozenset({*models.BaseModel.metadata.tables, VERSION_TABLE})
"""Every table of an Optuna database; one that was broken off while it was made has only some of them."""


class SchemaError(RuntimeError):
    """Tables that cannot be used as they are; the text is a sentence that begins with their storage's name."""


@dataclass(frozen=True)
class Schema:
    """What a database has of Optuna's tables.

    Attributes:
        tables: the names of those that are there.
        version: the version that they have, such as `v3.2.0.a`; None if they have none, as when they are not all made.
        made_by: the version of Optuna that made them or brought them up to date; None if that is not told.
    """

    tables: frozenset[str]
    version: str | None
    made_by: str | None

    @property
    def fits(self) -> bool:
        """Whether they are all there, and as this version of Optuna has them."""
        return self.version == versions()[0]

    @property
    def is_older(self) -> bool:
        """Whether they can be brought up to date."""
        return self.version in versions()[1:]

    @property
    def problem(self) -> str | None:
        """Why they cannot be used, and the way out, as the rest of a sentence that begins with the storage's name."""
        if self.fits:
            return None
        if not self.tables:
            return "has no tables yet; make them with `tuner storage init`, as a user who may"
        if self.version is None:
            return "has only some of the tables; complete them with `tuner storage init`, as a user who may"
        made_by = "" if self.made_by is None else f", {self.made_by}"
        told = f"has tables of another version of Optuna{made_by} ({self.version}; this one needs {versions()[0]})"
        if self.is_older:
            return f"{told}; bring them up to date with `tuner storage migrate`"
        return f"{told}; install that version"


def schema_of(connection: Connection) -> Schema:
    """What a database has of Optuna's tables; nothing is changed."""
    tables = tables_of(connection)
    found = {}
    for table, column in ((VERSION_TABLE, "version_num"), ("version_info", "library_version")):
        if table in tables:
            found[table] = connection.scalar(text(f"SELECT {column} FROM {table}"))
    return Schema(tables, found.get(VERSION_TABLE), found.get("version_info"))


def tables_of(connection: Connection) -> frozenset[str]:
    """Which of Optuna's tables a database has; to know that, one need not be allowed to read them."""
    return frozenset(inspect(connection).get_table_names()) & TABLES


def refuse_another(schema: Schema) -> None:
    """Refuse tables that the installed Optuna cannot use.

    Raises:
        SchemaError: with the way out.
    """
    if schema.problem is not None:
        raise SchemaError(schema.problem)


def running_trials(connection: Connection) -> Mapping[str, int]:
    """How many trials are being trained, by study; of tables of any version."""
    query = (
        "SELECT study_name, count(*) FROM trials JOIN studies ON studies.study_id = trials.study_id "
        "WHERE state = 'RUNNING' GROUP BY study_name ORDER BY study_name"
    )
    return {str(name): int(count) for name, count in connection.execute(text(query))}


@cache
def versions() -> tuple[str, ...]:
    """Every version that the installed Optuna knows of, the one that it needs first."""
    folder = Path(optuna.storages._rdb.models.__file__).parent / "alembic"
    return tuple(each.revision for each in ScriptDirectory(str(folder)).walk_revisions())
