"""Copying stored studies from one database to another, row by row of Optuna's own tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from optuna.storages._rdb import models
from optuna.trial import TrialState
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    Executable,
    Row,
    Table,
    func,
    insert,
    select,
    type_coerce,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import NULLTYPE

from tuner.search.owners import OWNER
from tuner.search.rows import PARAMS, REPORTS, STUDIES, SYSTEM_ATTRS, TRIALS, USER_ATTRS, VALUES
from tuner.search.storage_trouble import storage_trouble

OF_STUDIES: tuple[Table, ...] = (
    models.StudyDirectionModel.__table__,
    models.StudyUserAttributeModel.__table__,
    models.StudySystemAttributeModel.__table__,
)
OF_TRIALS: tuple[Table, ...] = (PARAMS, VALUES, REPORTS, USER_ATTRS, SYSTEM_ATTRS)
"""Heartbeats are left out: nobody trains a copy."""

ROWS = 5000
"""How many rows are held in memory at a time."""


@dataclass(frozen=True)
class CopiedStudy:
    """A study that has been copied.

    Attributes:
        study: its name.
        copy: the copy's name.
        trials: how many it has.
        waiting: how many of them were being trained, and wait in the copy.
    """

    study: str
    copy: str
    trials: int
    waiting: int


def study_names(engine: Engine) -> list[str]:
    """The names of all studies in a database, also of those that were not made by tuner."""
    with engine.connect() as connection:
        return list(connection.scalars(select(STUDIES.c.study_name).order_by(STUDIES.c.study_id)))


def copy_studies(
    source: Engine, target: Engine, names: Mapping[str, str], on_study: Callable[[str, int], None]
) -> list[CopiedStudy]:
    """Copy studies with everything that is stored of them, all or none.

    The copy has the state that the source is in at the beginning. A trial that is being trained there waits in the
    copy: with its hyperparameters and reports, and without its owner.

    Args:
        source: where they are.
        target: where they are to be, in one transaction; none of the new names is there yet.
        names: each study's name, and the name of its copy.
        on_study: told of each study and how many trials it has, before it is copied.
    """
    with _moment_of(source) as reading, target.begin() as writing:
        return [_copy(reading, writing, study, copy, on_study) for study, copy in names.items()]


@contextmanager
def _moment_of(engine: Engine) -> Iterator[Connection]:
    """A connection that sees a database in one state, whatever is written to it meanwhile."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")
        else:
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection.execution_options(yield_per=ROWS)
        connection.rollback()


def _read(connection: Connection, query: Executable) -> Iterator[Sequence[Row[Any]]]:
    """What a query finds, some rows at a time; a trouble is the source's, whose copy goes to another database."""
    with storage_trouble(connection.engine.url), connection.execute(query) as result:
        yield from result.partitions()


def _one(connection: Connection, query: Executable) -> Any:
    """The one value that a query finds."""
    for [row] in _read(connection, query):
        return row[0]
    raise KeyError(models.NOT_FOUND_MSG)


def _copy(
    reading: Connection, writing: Connection, study: str, copy: str, on_study: Callable[[str, int], None]
) -> CopiedStudy:
    old_id = _one(reading, select(STUDIES.c.study_id).where(STUDIES.c.study_name == study))
    in_study = TRIALS.c.study_id == old_id
    on_study(study, _one(reading, select(func.count()).where(in_study)))
    new_id = writing.scalars(insert(STUDIES).values(study_name=copy).returning(STUDIES.c.study_id)).one()
    trial_ids, waiting = _copy_trials(reading, writing, in_study, new_id)
    for table in OF_STUDIES:
        for rows in _rows(reading, table, "study_id", table.c.study_id == old_id):
            _insert(writing, table, [(new_id, *(_of_trial(value, trial_ids) for value in row[1:])) for row in rows])
    running = select(TRIALS.c.trial_id).where(in_study, TRIALS.c.state == TrialState.RUNNING)
    for table in OF_TRIALS:
        which: ColumnElement[bool] = table.c.trial_id.in_(select(TRIALS.c.trial_id).where(in_study))
        if table is SYSTEM_ATTRS:
            which &= (table.c.key != OWNER) | table.c.trial_id.not_in(running)
        for rows in _rows(reading, table, "trial_id", which):
            _insert(writing, table, [(trial_ids[row[0]], *row[1:]) for row in rows])
    return CopiedStudy(study, copy, len(trial_ids), waiting)


def _copy_trials(
    reading: Connection, writing: Connection, in_study: ColumnElement[bool], study_id: int
) -> tuple[dict[int, int], int]:
    """Copy a study's trials without what belongs to them.

    Returns:
        The new id of every old one, which go up with the trials' numbers as Optuna expects; and how many were running.
    """
    new_ids: dict[int, int] = {}
    waiting = 0
    query = select(TRIALS).where(in_study).order_by(TRIALS.c.number, TRIALS.c.trial_id)
    inserted = insert(TRIALS).returning(TRIALS.c.trial_id, sort_by_parameter_order=True)
    for some in _read(reading, query):
        rows = [dict(row._mapping) for row in some]
        old_ids = [row.pop("trial_id") for row in rows]
        for row in rows:
            row["study_id"] = study_id
            if row["state"] is TrialState.RUNNING:
                row["state"] = TrialState.WAITING
                waiting += 1
        new_ids.update(zip(old_ids, writing.scalars(inserted, rows), strict=True))
    return new_ids, waiting


def _columns(table: Table, first: str) -> list[Column[Any]]:
    """A table's columns but for its rows' own ids, one of them first."""
    return [table.c[first], *(each for each in table.c if not each.primary_key and each.name != first)]


def _rows(
    connection: Connection, table: Table, first: str, which: ColumnElement[bool]
) -> Iterator[Sequence[Sequence[Any]]]:
    """Rows of a table, some at a time, in the order in which they were made.

    Their values are as the database's driver has them, which is the same for all databases: text, numbers and the names
    of enumerations. SQLAlchemy's own conversions would take longer than all the rest.
    """
    values = (type_coerce(column, NULLTYPE) for column in _columns(table, first))
    query = select(*values).where(which).order_by(*table.primary_key)
    yield from _read(connection, query)


def _insert(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows that `_rows` has read; the first column is that of the foreign key."""
    first = "trial_id" if "trial_id" in table.c else "study_id"
    quoted = connection.dialect.identifier_preparer.quote
    columns = ", ".join(quoted(column.name) for column in _columns(table, first))
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(rows[0]))
        connection.exec_driver_sql(f"INSERT INTO {quoted(table.name)} ({columns}) VALUES ({marks})", list(rows))
        return
    statement = f"COPY {quoted(table.name)} ({columns}) FROM STDIN"
    try:
        cursor: Any = connection.connection.cursor()
        with closing(cursor), cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except connection.dialect.loaded_dbapi.Error as error:
        raise DBAPIError(statement, None, error) from error


_NAMES_A_TRIAL = re.compile(r"(dashboard:(?:artifacts:)?|preference:skip_trial:)(\d+)(?=:|$)")


def _of_trial(value: Any, trial_ids: Mapping[int, int]) -> Any:
    """A study attribute's name in the copy: optuna-dashboard keeps its notes on trials under their ids."""
    found = _NAMES_A_TRIAL.match(value) if isinstance(value, str) else None
    if found is None or int(found[2]) not in trial_ids:
        return value
    return f"{found[1]}{trial_ids[int(found[2])]}{value[found.end() :]}"
