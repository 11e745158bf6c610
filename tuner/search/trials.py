"""One trial between Optuna and a trainer: what is trained, and what is kept of it."""

from __future__ import annotations

from statistics import stdev
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState, create_trial

from tuner.errors import SearchError, listed
from tuner.search.block_storage import BlockStorage
from tuner.search.leases import ATTEMPT, LOST_WORKERS
from tuner.search.suggest import TrialSuggest
from tuner.search.versions import versions
from tuner.seeds import derive_seed
from tuner.space import choose
from tuner.study.definition import StudyDefinition
from tuner.study.metrics import Task
from tuner.training.job import DataOrder, End, Job, Outcome

FIRST_ATTEMPT = "first_attempt"
"""The user attribute that names the trial of which this one is another attempt."""

REPEATS = "repeats"
"""The user attribute that names the trial whose result this one has taken over, because it is the very same."""


def job_of(trial: optuna.Trial, definition: StudyDefinition, task: Task) -> Job:
    """What to train for a trial; this is where the sampler is asked.

    Another attempt at a trial has the seed of the first.
    """
    tree = choose(definition.space, TrialSuggest(trial))
    first = int(trial.user_attrs.get(FIRST_ATTEMPT, trial.number))
    hyperparameters = definition.model.model_validate(tree)
    return Job(
        number=trial.number,
        hyperparameters=hyperparameters,
        seed=derive_seed(definition.seed, "trial", first),
        order=DataOrder(definition.seed, stream=first),
        metric=definition.metric(task),
        direction=definition.direction(task),
        data=definition.forms.key_of(hyperparameters.preprocessing),
        figures=definition.search.figures,
    )


def values_of(job: Job, outcome: Outcome) -> list[float]:
    """What a complete trial came to: the metric at its best epoch, and the figures of the job in their order.

    Raises:
        SearchError: if the trainer did not measure one of them.
    """
    figures = dict(outcome.figures)
    if outcome.parameters is not None:
        figures.setdefault("parameters", outcome.parameters)
    missing = [name for name in job.figures if name not in figures]
    if missing:
        raise SearchError(f"the trainer has not measured {listed(missing)} of trial {job.number}, an objective")
    return [outcome.best_metrics[job.metric], *(float(figures[name]) for name in job.figures)]


def attributes(job: Job, outcome: Outcome, *, out_of_time: bool = False) -> dict[str, Any]:
    """What is kept of a trial beside its parameters and its values.

    Of a trial with members it is also what each of them came to at the trial's best epoch, and their spread: the
    standard deviation, estimated from so few as a sample's.

    Args:
        job: what was trained.
        outcome: what it came to.
        out_of_time: whether it was pruned because its own time was over.
    """
    kept: dict[str, Any] = {
        "outcome": "out of time" if out_of_time and outcome.end is End.PRUNED else outcome.end.value,
        "epochs": outcome.epochs,
        "seed": job.seed,
        "seconds": round(outcome.seconds, 3),
        "hyperparameters": job.hyperparameters.model_dump(mode="json"),
        "versions": versions(),
    }
    if outcome.best_epoch is not None:
        kept["best_epoch"] = outcome.best_epoch
        kept["metrics"] = dict(outcome.best_metrics)
    if outcome.member_values:
        kept["member_values"] = list(outcome.member_values)
    if len(outcome.member_values) > 1:
        kept["spread"] = stdev(outcome.member_values)
    if outcome.parameters is not None:
        kept["parameters"] = outcome.parameters
    if outcome.figures:
        kept["figures"] = dict(outcome.figures)
    if outcome.order is not None:
        kept["order"] = {"stream": outcome.order.stream, "first_epoch": outcome.order.first_epoch}
    if outcome.error is not None:
        kept["error"] = outcome.error
    return kept


def next_attempt(failed: FrozenTrial) -> FrozenTrial:
    """Another attempt at a failed trial, as a template: the same hyperparameters and the same seed."""
    attempt = int(failed.user_attrs.get(ATTEMPT, 1)) + 1
    kept = {LOST_WORKERS: failed.user_attrs[LOST_WORKERS]} if LOST_WORKERS in failed.user_attrs else {}
    return create_trial(
        state=TrialState.WAITING,
        params=failed.params,
        distributions=failed.distributions,
        user_attrs={FIRST_ATTEMPT: failed.user_attrs.get(FIRST_ATTEMPT, failed.number), ATTEMPT: attempt, **kept},
    )


def taken_over(storage: BlockStorage, trial_id: int, known: FrozenTrial) -> None:
    """Give a held trial the result of a finished one that had the very same configuration."""
    for epoch, value in known.intermediate_values.items():
        storage.set_trial_intermediate_value(trial_id, epoch, value)
    for name, kept in known.user_attrs.items():
        storage.set_trial_user_attr(trial_id, name, kept)
    storage.set_trial_user_attr(trial_id, REPEATS, known.number)
    storage.set_trial_state_values(trial_id, known.state, known.values)
