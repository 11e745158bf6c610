"""Which generations of a study are beyond those to be kept, and whether one of them is being searched."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from optuna.storages._rdb import models
from optuna.trial import TrialState
from sqlalchemy import Connection, Table, func, select

from tuner.search.generations import study_of_generation
from tuner.search.leases import silent
from tuner.search.owners import is_lost
from tuner.search.rows import STUDIES, TRIALS, read_trials
from tuner.search.studies import DATA, DEFINITION

STUDY_ATTRS: Table = models.StudyUserAttributeModel.__table__

SILENT_SECONDS = 3600.0
"""After so long without a heartbeat nobody trains a trial that is about to be deleted; there is no hurry, and a worker
that has sat out an outage of the database has had time to speak again."""


_LAST = func.max(func.coalesce(TRIALS.c.datetime_complete, TRIALS.c.datetime_start), type_=TRIALS.c.datetime_start.type)


@dataclass(frozen=True)
class StoredGeneration:
    """A stored study as one of a study's generations.

    Attributes:
        study_id: the database's number of it, higher than those of earlier ones.
        name: its own.
        study: the name of the study that it is a generation of.
        trials: how many it has.
        last: when one of them began or ended last, in naive UTC; None if none has.
        attributes: some of what the stored study says about itself.
    """

    study_id: int
    name: str
    study: str
    trials: int
    last: datetime | None
    attributes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def data(self) -> str | None:
        """The fingerprint of its data."""
        value = self.attributes.get(DATA)
        return value if isinstance(value, str) else None


def stored_generations(connection: Connection, *attributes: str) -> list[StoredGeneration]:
    """Every study of tuner's own making in a database, as a generation, in the order in which they were made.

    Args:
        connection: in a transaction.
        attributes: what is read of their attributes, beside the data's fingerprint.
    """
    ours = set(connection.scalars(select(STUDY_ATTRS.c.study_id).where(STUDY_ATTRS.c.key == DEFINITION)))
    said: dict[int, dict[str, Any]] = {}
    columns = STUDY_ATTRS.c.study_id, STUDY_ATTRS.c.key, STUDY_ATTRS.c.value_json
    for study_id, key, text in connection.execute(select(*columns).where(STUDY_ATTRS.c.key.in_([DATA, *attributes]))):
        said.setdefault(study_id, {})[key] = json.loads(text)
    grouped = connection.execute(select(TRIALS.c.study_id, func.count(), _LAST).group_by(TRIALS.c.study_id))
    counted = {study_id: (count, last) for study_id, count, last in grouped}
    names = connection.execute(select(STUDIES.c.study_id, STUDIES.c.study_name).order_by(STUDIES.c.study_id))
    return [
        StoredGeneration(study_id, name, study, *counted.get(study_id, (0, None)), said.get(study_id, {}))
        for study_id, name in names
        if study_id in ours and (study := study_of_generation(name)) is not None
    ]


def beyond(generations: Sequence[StoredGeneration], keep: int) -> list[StoredGeneration]:
    """The generations of one study that are older than the newest ones.

    The one that was searched last is not among them, however old: a table may have become again what it once was.

    Args:
        generations: all of them, in the order in which they were made.
        keep: how many of the newest stay, 1 or more.
    """
    searched = [each for each in generations if each.last is not None]
    last = max(searched, key=lambda each: (each.last, each.study_id), default=None)
    return [each for each in generations[:-keep] if each is not last]


def being_trained(connection: Connection, study_id: int) -> int:
    """How many trials of a study somebody may be training at the moment."""
    running = select(TRIALS.c.trial_id).where(TRIALS.c.study_id == study_id, TRIALS.c.state == TrialState.RUNNING)
    ids = set(connection.scalars(running))
    if not ids:
        return 0
    ids -= set(silent(connection, study_id, SILENT_SECONDS))
    return sum(not is_lost(trial) for trial in read_trials(connection, study_id, ids))


def data_of_others(connection: Connection, study_id: int) -> set[str]:
    """The fingerprints of the data of all other studies in a database."""
    texts = connection.scalars(
        select(STUDY_ATTRS.c.value_json).where(STUDY_ATTRS.c.key == DATA, STUDY_ATTRS.c.study_id != study_id)
    )
    return {str(json.loads(text)) for text in texts}


def has_changed(connection: Connection, generation: StoredGeneration, *attributes: str) -> bool:
    """Whether somebody has searched a generation, or queued workers of it, since it was read.

    Args:
        connection: in a transaction.
        generation: as it was read.
        attributes: those that were read.
    """
    of_it = TRIALS.c.study_id == generation.study_id
    count, last = connection.execute(select(func.count(), _LAST).where(of_it)).one()
    named = STUDY_ATTRS.c.key.in_([DATA, *attributes])
    texts = connection.execute(
        select(STUDY_ATTRS.c.key, STUDY_ATTRS.c.value_json).where(STUDY_ATTRS.c.study_id == generation.study_id, named)
    )
    said = {key: json.loads(text) for key, text in texts}
    return (count, last, said) != (generation.trials, generation.last, generation.attributes)
