"""One trial between Optuna and a trainer: what is trained, and what is kept of it."""

from __future__ import annotations

from typing import Any

import optuna
from optuna.storages import BaseStorage, RDBStorage
from optuna.storages._cached_storage import _CachedStorage
from optuna.storages._rdb.models import TrialIntermediateValueModel
from optuna.trial import TrialState, create_trial
from sqlalchemy import delete

from tuner.hyperparameters import Hyperparameters
from tuner.search.suggest import TrialSuggest
from tuner.search.versions import versions
from tuner.seeds import derive_seed
from tuner.space import choose
from tuner.study.definition import StudyDefinition
from tuner.study.metrics import Task
from tuner.training.job import DataOrder, Job, Outcome

FIRST_ATTEMPT = "first_attempt"
"""The user attribute that names the trial of which this one is another attempt."""

ATTEMPT = "attempt"
"""The user attribute that counts attempts: 2 for the first retry."""


def job_of(trial: optuna.Trial, definition: StudyDefinition, task: Task) -> Job:
    """What to train for a trial; this is where the sampler is asked.

    Another attempt at a trial has the seed of the first.
    """
    tree = choose(definition.space, TrialSuggest(trial))
    first = int(trial.user_attrs.get(FIRST_ATTEMPT, trial.number))
    return Job(
        number=trial.number,
        hyperparameters=Hyperparameters.model_validate(tree),
        seed=derive_seed(definition.seed, "trial", first),
        order=DataOrder(definition.seed, stream=first),
        metric=definition.metric(task),
        direction=definition.direction(task),
    )


def attributes(job: Job, outcome: Outcome) -> dict[str, Any]:
    """What is kept of a trial beside its parameters and its values."""
    kept: dict[str, Any] = {
        "outcome": outcome.end.value,
        "epochs": outcome.epochs,
        "seed": job.seed,
        "seconds": round(outcome.seconds, 3),
        "hyperparameters": job.hyperparameters.model_dump(mode="json"),
        "versions": versions(),
    }
    if outcome.best_epoch is not None:
        kept["best_epoch"] = outcome.best_epoch
        kept["metrics"] = dict(outcome.best_metrics)
    if outcome.parameters is not None:
        kept["parameters"] = outcome.parameters
    if outcome.order is not None:
        kept["order"] = {"stream": outcome.order.stream, "first_epoch": outcome.order.first_epoch}
    if outcome.error is not None:
        kept["error"] = outcome.error
    return kept


def try_again(study: optuna.Study, number: int) -> int:
    """Queue another attempt at a failed trial: the same hyperparameters and the same seed.

    Returns:
        Which attempt it will be.
    """
    failed = study.get_trials(deepcopy=False)[number]
    attempt = int(failed.user_attrs.get(ATTEMPT, 1)) + 1
    study.add_trial(
        create_trial(
            state=TrialState.WAITING,
            params=failed.params,
            distributions=failed.distributions,
            user_attrs={FIRST_ATTEMPT: failed.user_attrs.get(FIRST_ATTEMPT, number), ATTEMPT: attempt},
        )
    )
    return attempt


def forget_reports(storage: BaseStorage, trial_id: int) -> None:
    """Take back what a trial reported before it was put back; it starts over and reports again.

    Optuna has no call for it, so this speaks to its table.
    """
    backend = storage._backend if isinstance(storage, _CachedStorage) else storage
    if isinstance(backend, RDBStorage):
        with backend.engine.begin() as connection:
            table = TrialIntermediateValueModel.__table__
            connection.execute(delete(table).where(table.c.trial_id == trial_id))
