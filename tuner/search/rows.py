"""Trials as rows of Optuna's own tables: reading many at once, and writing what has changed in one go.

The tables and what stands in them are Optuna's, so that its command line, its dashboard and `optuna.load_study` read
them as ever. Only how many statements it takes is ours: a handful for any number of trials.

Source: optuna/storages/_rdb/models.py and storage.py of Optuna 5.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from optuna.distributions import BaseDistribution, distribution_to_json, json_to_distribution
from optuna.storages._rdb import models
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import ColumnElement, Connection, Table, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

TRIALS: Table = models.TrialModel.__table__
STUDIES: Table = models.StudyModel.__table__
PARAMS: Table = models.TrialParamModel.__table__
VALUES: Table = models.TrialValueModel.__table__
REPORTS: Table = models.TrialIntermediateValueModel.__table__
USER_ATTRS: Table = models.TrialUserAttributeModel.__table__
SYSTEM_ATTRS: Table = models.TrialSystemAttributeModel.__table__
HEARTBEATS: Table = models.TrialHeartbeatModel.__table__

RUNG = "completed_rung_"
"""How Optuna's successive halving begins the names of its notes (optuna/pruners/_successive_halving.py)."""

MOST_IDS = 500
"""Trials named in one statement; databases take a limited number of variables."""

UNFINISHED = (TrialState.RUNNING, TrialState.WAITING)
FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)
"""What counts in a budget: a failed trial does not."""


@dataclass
class Changes:
    """What has changed of one trial and is to be written.

    Attributes:
        state: the new state; None if it stays.
        values: the objective's values; None if they stay.
        began, ended: when it began and ended, in local time; None if that stays.
        params: internal value and distribution by name.
        reports: value by step.
        user_attrs, system_attrs: values that JSON can hold.
        forgotten_from: reports of this step and later ones are deleted first; None for none.
    """

    state: TrialState | None = None
    values: Sequence[float] | None = None
    began: datetime | None = None
    ended: datetime | None = None
    params: dict[str, tuple[float, BaseDistribution]] = field(default_factory=dict)
    reports: dict[int, float] = field(default_factory=dict)
    user_attrs: dict[str, Any] = field(default_factory=dict)
    system_attrs: dict[str, Any] = field(default_factory=dict)
    forgotten_from: int | None = None


def changes_of(trial: FrozenTrial) -> Changes:
    """Everything that a trial consists of, as changes to an empty one."""
    return Changes(
        state=trial.state,
        values=trial.values,
        began=trial.datetime_start,
        ended=trial.datetime_complete,
        params={
            name: (distribution.to_internal_repr(trial.params[name]), distribution)
            for name, distribution in trial.distributions.items()
        },
        reports=dict(trial.intermediate_values),
        user_attrs=dict(trial.user_attrs),
        system_attrs=dict(trial.system_attrs),
    )


def read_trials(connection: Connection, study_id: int, ids: Iterable[int] | None = None) -> list[FrozenTrial]:
    """Trials of a study, whole and in the order of their numbers.

    Args:
        connection: in a transaction, so that what is read belongs together.
        study_id: the study.
        ids: which trials; None for all.
    """
    if ids is None:
        return list(_read(connection, TRIALS.c.study_id == study_id, select(TRIALS.c.trial_id)))
    found: list[FrozenTrial] = []
    for some in in_parts(sorted(ids)):
        found += _read(connection, TRIALS.c.trial_id.in_(some) & (TRIALS.c.study_id == study_id), None)
    return found


def read_rungs(connection: Connection, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """What successive halving and Hyperband have noted of trials: their values at the rungs that they have reached.

    Args:
        connection: in a transaction.
        ids: which trials.
    Returns:
        System attributes by trial id.
    """
    found: dict[int, dict[str, Any]] = {}
    columns = SYSTEM_ATTRS.c.trial_id, SYSTEM_ATTRS.c.key, SYSTEM_ATTRS.c.value_json
    for some in in_parts(sorted(ids)):
        of_rungs = SYSTEM_ATTRS.c.trial_id.in_(some) & SYSTEM_ATTRS.c.key.startswith(RUNG, autoescape=True)
        for trial_id, key, text in connection.execute(select(*columns).where(of_rungs)):
            found.setdefault(trial_id, {})[key] = json.loads(text)
    return found


def in_parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Ids in parts that one statement can name.

    >>> [len(part) for part in in_parts(range(1200))]
    [500, 500, 200]
    """
    return (ids[start : start + MOST_IDS] for start in range(0, len(ids), MOST_IDS))


def _read(connection: Connection, which: ColumnElement[bool], everything: Any) -> Iterator[FrozenTrial]:
    rows = connection.execute(select(TRIALS).where(which).order_by(TRIALS.c.trial_id)).all()
    trials = {
        row.trial_id: FrozenTrial(
            number=row.number,
            state=row.state,
            value=None,
            values=None,
            datetime_start=local_time(row.datetime_start),
            datetime_complete=local_time(row.datetime_complete),
            params={},
            distributions={},
            user_attrs={},
            system_attrs={},
            intermediate_values={},
            trial_id=row.trial_id,
        )
        for row in rows
    }
    chosen = everything.where(which) if everything is not None else list(trials)

    def of(table: Table, *columns: str) -> Iterable[Any]:
        wanted = [table.c.trial_id, *(table.c[name] for name in columns)]
        first = next(iter(table.primary_key))
        return connection.execute(select(*wanted).where(table.c.trial_id.in_(chosen)).order_by(first))

    for trial_id, name, value, text in of(PARAMS, "param_name", "param_value", "distribution_json"):
        distribution = distribution_of(text)
        trials[trial_id].params[name] = distribution.to_external_repr(value)
        trials[trial_id].distributions[name] = distribution
    for trial_id, step, value, kind in of(REPORTS, "step", "intermediate_value", "intermediate_value_type"):
        read = models.TrialIntermediateValueModel.stored_repr_to_intermediate_value(value, kind)
        trials[trial_id].intermediate_values[step] = read
    values: dict[int, dict[int, float]] = {}
    for trial_id, objective, value, kind in of(VALUES, "objective", "value", "value_type"):
        read = models.TrialValueModel.stored_repr_to_value(value, kind)
        values.setdefault(trial_id, {})[objective] = read
    for trial_id, by_objective in values.items():
        trials[trial_id].values = [by_objective[objective] for objective in sorted(by_objective)]
    for trial_id, key, text in of(USER_ATTRS, "key", "value_json"):
        trials[trial_id].user_attrs[key] = json.loads(text)
    for trial_id, key, text in of(SYSTEM_ATTRS, "key", "value_json"):
        trials[trial_id].system_attrs[key] = json.loads(text)
    yield from trials.values()


def write_changes(connection: Connection, changes: Mapping[int, Changes]) -> None:
    """Write what has changed of some trials, by id: a handful of statements for any number of them.

    Args:
        connection: in a transaction of its own, which may be repeated: writing the same twice does no harm.
        changes: by trial id.
    """
    for trial_id, change in changes.items():
        if change.forgotten_from is not None:
            later = (REPORTS.c.trial_id == trial_id) & (REPORTS.c.step >= change.forgotten_from)
            connection.execute(delete(REPORTS).where(later))
    _upsert(
        connection,
        PARAMS,
        ("trial_id", "param_name"),
        [
            {
                "trial_id": trial_id,
                "param_name": name,
                "param_value": value,
                "distribution_json": distribution_to_json(distribution),
            }
            for trial_id, change in changes.items()
            for name, (value, distribution) in change.params.items()
        ],
    )
    _upsert(
        connection,
        REPORTS,
        ("trial_id", "step"),
        [
            dict(zip(("trial_id", "step", "intermediate_value", "intermediate_value_type"), row, strict=True))
            for trial_id, change in changes.items()
            for row in _stored_reports(trial_id, change.reports)
        ],
    )
    _upsert(
        connection,
        VALUES,
        ("trial_id", "objective"),
        [
            dict(zip(("trial_id", "objective", "value", "value_type"), row, strict=True))
            for trial_id, change in changes.items()
            for row in _stored_values(trial_id, change.values or ())
        ],
    )
    for table, attribute in ((USER_ATTRS, "user_attrs"), (SYSTEM_ATTRS, "system_attrs")):
        _upsert(
            connection,
            table,
            ("trial_id", "key"),
            [
                {"trial_id": trial_id, "key": key, "value_json": json.dumps(value)}
                for trial_id, change in changes.items()
                for key, value in getattr(change, attribute).items()
            ],
        )
    _update_trials(connection, changes)


def _update_trials(connection: Connection, changes: Mapping[int, Changes]) -> None:
    # The state comes last: a trial that is finished for others has everything that belongs to it.
    rows = {trial_id: _columns(change) for trial_id, change in changes.items()}
    for names in sorted({tuple(columns) for columns in rows.values() if columns}):
        statement = update(TRIALS).where(TRIALS.c.trial_id == bindparam("which"))
        connection.execute(
            statement.values({name: bindparam(f"new_{name}", type_=TRIALS.c[name].type) for name in names}),
            [
                {"which": trial_id, **{f"new_{name}": value for name, value in columns.items()}}
                for trial_id, columns in rows.items()
                if tuple(columns) == names
            ],
        )


def _columns(change: Changes) -> dict[str, Any]:
    """The columns of a trial's own row that change, as they are stored."""
    columns = {
        "state": change.state,
        "datetime_start": stored_time(change.began),
        "datetime_complete": stored_time(change.ended),
    }
    return {name: value for name, value in columns.items() if value is not None}


def _upsert(connection: Connection, table: Table, key: tuple[str, ...], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, or put them in the place of those that are there under the same key."""
    if not rows:
        return
    dialect = {"sqlite": sqlite, "postgresql": postgresql}[connection.dialect.name]
    statement = dialect.insert(table)
    others = {name: statement.excluded[name] for name in rows[0] if name not in key}
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=others), rows)


def _stored_reports(trial_id: int, reports: Mapping[int, float]) -> Iterator[tuple[Any, ...]]:
    for step, value in reports.items():
        yield trial_id, step, *models.TrialIntermediateValueModel.intermediate_value_to_stored_repr(value)


def _stored_values(trial_id: int, values: Sequence[float]) -> Iterator[tuple[Any, ...]]:
    for objective, value in enumerate(values):
        yield trial_id, objective, *models.TrialValueModel.value_to_stored_repr(value)


def insert_trials(connection: Connection, study_id: int, rows: Sequence[Mapping[str, Any]]) -> list[tuple[int, int]]:
    """Make new trials of a study, which is locked meanwhile (see `lock_study`).

    Args:
        connection: in a transaction.
        study_id: the study.
        rows: `state` and `datetime_start` (as stored) of each.
    Returns:
        Id and number of each, in order.
    """
    if not rows:
        return []
    there = connection.execute(select(func.count()).where(TRIALS.c.study_id == study_id)).scalar_one()
    numbers = range(there, there + len(rows))
    numbered = [{**row, "study_id": study_id, "number": number} for number, row in zip(numbers, rows, strict=True)]
    made = insert(TRIALS).returning(TRIALS.c.trial_id, sort_by_parameter_order=True)
    return list(zip(connection.execute(made, numbered).scalars(), numbers, strict=True))


def lock_study(connection: Connection, study_id: int) -> None:
    """Keep everybody else from making or taking trials of a study until the transaction ends.

    SQLite has one writer at a time anyway.

    Raises:
        KeyError: if there is no such study.
    """
    query = select(STUDIES.c.study_id).where(STUDIES.c.study_id == study_id)
    if connection.execute(query.with_for_update()).first() is None:
        raise KeyError(models.NOT_FOUND_MSG)


@lru_cache(maxsize=4096)
def distribution_of(text: str) -> BaseDistribution:
    """A distribution out of its stored text; a study has few of them."""
    return json_to_distribution(text)


def local_time(stored: datetime | None) -> datetime | None:
    """Naive local time, as Optuna has it, out of the naive UTC that is stored."""
    return None if stored is None else stored.replace(tzinfo=UTC).astimezone().replace(tzinfo=None)


def stored_time(local: datetime | None) -> datetime | None:
    """Naive UTC, as it is stored, out of naive local time."""
    return None if local is None else local.astimezone(UTC).replace(tzinfo=None)
