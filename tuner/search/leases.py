"""Who holds which trial: taking trials within a budget, staying alive, and giving back what a lost worker held.

A running trial bears its owner's name (`OWNER`) from the transaction in which it begins to run, and has a heartbeat in
Optuna's own table. Whoever writes to it first looks whether the name is still its own, so that a worker that was merely
slow cannot write to a trial that has been taken from it. Every function here is one part of a transaction and may be
repeated when the answer to a commit was lost.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import Connection, func, insert, select, text, update

from tuner.search.owners import OWNER
from tuner.search.rows import (
    FINISHED,
    HEARTBEATS,
    SYSTEM_ATTRS,
    TRIALS,
    UNFINISHED,
    Changes,
    in_parts,
    insert_trials,
    lock_study,
    read_trials,
    write_changes,
)

BEAT_SECONDS = 15.0
"""How often a worker says that it is alive."""

GRACE_SECONDS = 120.0
"""After so long without a heartbeat a worker counts as lost; longer than a restart of the database takes."""

ATTEMPT = "attempt"
"""The user attribute that counts attempts at a trial: 2 for the first repetition."""

LOST_WORKERS = "lost_workers"
"""The user attribute that counts how many workers were lost while they trained this trial."""

CHECKPOINT = "tuner:checkpoint"
"""The system attribute that names the file with a trial's progress, and how many epochs of it there are."""


def take(
    connection: Connection,
    study_id: int,
    owner: str,
    count: int,
    total: int | None,
    *,
    fresh: int | None = None,
    known: Iterable[int] = (),
) -> list[int]:
    """Take trials for an owner: those that wait first, then new ones, as far as the budget has room.

    Args:
        connection: in a transaction.
        study_id: the study; nobody else takes any of it meanwhile.
        owner: the JSON text that names the owner.
        count: how many, at the most.
        total: trials that may be running or finished, over all workers; None for no limit.
        fresh: how many of them may be new ones; None for no limit.
        known: the owner's trials that it knows of. One that it does not know was taken when the answer was lost.
    Returns:
        Ids, in the order of their numbers.
    """
    lock_study(connection, study_id)
    unheard = set(owned(connection, study_id, owner)) - set(known)
    taken = sorted(unheard)[:count]
    room = count - len(taken)
    if total is not None:
        counted = TRIALS.c.state.in_([*FINISHED, TrialState.RUNNING])
        there = select(func.count()).where(TRIALS.c.study_id == study_id, counted)
        room = min(room, total - connection.execute(there).scalar_one())
    if room <= 0:
        return taken
    waits = (TRIALS.c.study_id == study_id, TRIALS.c.state == TrialState.WAITING)
    waiting = connection.execute(
        select(TRIALS.c.trial_id).where(*waits).order_by(TRIALS.c.trial_id).limit(room).with_for_update()
    ).scalars()
    began = datetime.now(UTC).replace(tzinfo=None)
    ids = list(waiting)
    if ids:
        connection.execute(
            update(TRIALS).where(TRIALS.c.trial_id.in_(ids)).values(state=TrialState.RUNNING, datetime_start=began)
        )
    new = room - len(ids) if fresh is None else min(fresh, room - len(ids))
    rows = [{"state": TrialState.RUNNING, "datetime_start": began}] * new
    ids += [trial_id for trial_id, _ in insert_trials(connection, study_id, rows)]
    write_changes(connection, {trial_id: Changes(system_attrs={OWNER: json.loads(owner)}) for trial_id in ids})
    _beat_for(connection, ids)
    return [*taken, *ids]


def owned(connection: Connection, study_id: int, owner: str) -> list[int]:
    """The running trials that bear an owner's name."""
    query = (
        select(TRIALS.c.trial_id)
        .join(SYSTEM_ATTRS, SYSTEM_ATTRS.c.trial_id == TRIALS.c.trial_id)
        .where(TRIALS.c.study_id == study_id, TRIALS.c.state == TrialState.RUNNING)
        .where(SYSTEM_ATTRS.c.key == OWNER, SYSTEM_ATTRS.c.value_json == owner)
    )
    return list(connection.execute(query).scalars())


def still_held(
    connection: Connection, owner: str | None, states: Mapping[int, TrialState | None]
) -> dict[int, TrialState]:
    """Which of some trials their owner may still write to; they are locked until the transaction ends.

    Args:
        connection: in a transaction.
        owner: the JSON text that names the owner; None if nobody's name is asked for.
        states: by id, the state that is about to be written. One that is there already was written when the answer to
            the commit was lost.
    Returns:
        The states that are stored, by id.
    """
    held: dict[int, TrialState] = {}
    for some in in_parts(sorted(states)):
        name = SYSTEM_ATTRS.c.value_json
        bears = (SYSTEM_ATTRS.c.trial_id == TRIALS.c.trial_id) & (SYSTEM_ATTRS.c.key == OWNER)
        query = (
            select(TRIALS.c.trial_id, TRIALS.c.state, name)
            .outerjoin(SYSTEM_ATTRS, bears)
            .where(TRIALS.c.trial_id.in_(some))
            .order_by(TRIALS.c.trial_id)
            .with_for_update(of=TRIALS)
        )
        for trial_id, state, found in connection.execute(query):
            mine = owner is None or found == owner
            writable = state is TrialState.RUNNING or (owner is None and not state.is_finished())
            if mine and (writable or state is states[trial_id]):
                held[trial_id] = state
    return held


def beat(connection: Connection, study_id: int, owner: str) -> None:
    """Say that an owner is alive: all of its running trials get the present time of the database."""
    _beat_for(connection, owned(connection, study_id, owner))


def _beat_for(connection: Connection, ids: Sequence[int]) -> None:
    _in_utc(connection)
    for some in in_parts(ids):
        here = HEARTBEATS.c.trial_id.in_(some)
        there = set(connection.execute(select(HEARTBEATS.c.trial_id).where(here)).scalars())
        connection.execute(update(HEARTBEATS).where(here).values(heartbeat=func.current_timestamp()))
        fresh = [{"trial_id": trial_id} for trial_id in some if trial_id not in there]
        if fresh:
            connection.execute(insert(HEARTBEATS).values(heartbeat=func.current_timestamp()), fresh)


def silent(connection: Connection, study_id: int, grace_seconds: float) -> list[int]:
    """Running trials whose last heartbeat is longer ago than the grace period, by the database's own clock."""
    _in_utc(connection)
    now = connection.execute(select(func.current_timestamp())).scalar_one()
    now = datetime.fromisoformat(now) if isinstance(now, str) else now
    limit = now.replace(tzinfo=None) - timedelta(seconds=grace_seconds)
    query = (
        select(TRIALS.c.trial_id)
        .join(HEARTBEATS, HEARTBEATS.c.trial_id == TRIALS.c.trial_id)
        .where(TRIALS.c.study_id == study_id, TRIALS.c.state == TrialState.RUNNING, HEARTBEATS.c.heartbeat < limit)
    )
    return list(connection.execute(query).scalars())


def _in_utc(connection: Connection) -> None:
    # Heartbeats bear no time zone; two sessions of different zones would take one another for lost.
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL TIME ZONE 'UTC'"))


@dataclass(frozen=True)
class GivenBack:
    """A trial that was taken from a lost worker.

    Attributes:
        number: the trial's.
        lost: how many workers it has been lost by so far.
        failed: whether that is too often, so that it has failed for good.
        epochs: from which epoch it goes on; 0 if it starts over.
    """

    number: int
    lost: int
    failed: bool
    epochs: int


def give_back(
    connection: Connection, study_id: int, ids: Iterable[int], is_lost: Callable[[FrozenTrial], bool], most: int
) -> list[GivenBack]:
    """Put the trials of lost workers back into the queue, with their hyperparameters and seed, as another attempt.

    Args:
        connection: in a transaction.
        study_id: the study.
        ids: the trials in question.
        is_lost: whether a running trial's worker is lost, asked once the trial is locked.
        most: after so many lost workers a trial counts as failed; it may be what kills them.
    """
    ids = sorted(ids)
    if not ids:
        return []
    for some in in_parts(ids):
        locked = select(TRIALS.c.trial_id).where(TRIALS.c.trial_id.in_(some)).order_by(TRIALS.c.trial_id)
        connection.execute(locked.with_for_update()).all()
    changes: dict[int, Changes] = {}
    given = []
    for trial in read_trials(connection, study_id, ids):
        if trial.state is not TrialState.RUNNING or not is_lost(trial):
            continue
        lost = int(trial.user_attrs.get(LOST_WORKERS, 0)) + 1
        failed = lost > most
        epochs = epochs_kept(trial)
        change = Changes(state=TrialState.WAITING, user_attrs={LOST_WORKERS: lost}, system_attrs={OWNER: None})
        if failed:
            change.state, change.ended = TrialState.FAIL, datetime.now()
            change.user_attrs |= {"outcome": "failed", "error": f"{lost} workers were lost while they trained it"}
        else:
            change.forgotten_from = epochs
            change.user_attrs[ATTEMPT] = int(trial.user_attrs.get(ATTEMPT, 1)) + 1
        changes[trial._trial_id] = change
        given.append(GivenBack(trial.number, lost, failed, epochs))
    write_changes(connection, changes)
    return given


def epochs_kept(trial: FrozenTrial) -> int:
    """How many epochs of a trial a checkpoint holds; 0 without one."""
    checkpoint: Mapping[str, Any] | None = trial.system_attrs.get(CHECKPOINT)
    return 0 if not checkpoint else int(checkpoint["epochs"])


def checkpoints_in_use(storage: BaseStorage) -> set[str]:
    """The names of all files from which an unfinished trial of any study is to go on."""
    return {
        trial.system_attrs[CHECKPOINT]["file"]
        for study in storage.get_all_studies()
        for trial in storage.get_all_trials(study._study_id, deepcopy=False, states=UNFINISHED)
        if trial.system_attrs.get(CHECKPOINT)
    }
