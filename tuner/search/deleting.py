"""Deleting a stored study: a statement for each table, whatever the number of its trials.

Optuna deletes trial by trial, with several statements for each: seconds for a study of some hundred, in a transaction
that begins by reading, which SQLite breaks off when another process writes meanwhile.
"""

from __future__ import annotations

from optuna.storages._rdb import models
from sqlalchemy import Connection, Table, delete, select

from tuner.search.rows import (
    HEARTBEATS,
    PARAMS,
    REPORTS,
    STUDIES,
    SYSTEM_ATTRS,
    TRIALS,
    USER_ATTRS,
    VALUES,
    lock_study,
)

OF_TRIALS: tuple[Table, ...] = (PARAMS, VALUES, REPORTS, USER_ATTRS, SYSTEM_ATTRS, HEARTBEATS)
OF_STUDIES: tuple[Table, ...] = (
    TRIALS,
    models.StudyDirectionModel.__table__,
    models.StudyUserAttributeModel.__table__,
    models.StudySystemAttributeModel.__table__,
    STUDIES,
)


def delete_study(connection: Connection, study_id: int) -> None:
    """Delete a study with its trials and everything that is stored of them.

    Args:
        connection: in a transaction that may write.
        study_id: the study.
    Raises:
        KeyError: if there is no such study.
    """
    lock_study(connection, study_id)
    its_trials = select(TRIALS.c.trial_id).where(TRIALS.c.study_id == study_id)
    for table in OF_TRIALS:
        connection.execute(delete(table).where(table.c.trial_id.in_(its_trials)))
    for table in OF_STUDIES:
        connection.execute(delete(table).where(table.c.study_id == study_id))
