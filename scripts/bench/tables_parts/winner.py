"""The winner of a search, trained again with Keras, and what it predicts for the test rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scripts.bench.tables_parts.rows import Rows
from tuner.data.prepared_data import PreparedData
from tuner.hyperparameters import Hyperparameters
from tuner.report.summary import TrialSummary
from tuner.study.definition import StudyDefinition
from tuner.training.fit import fit_job
from tuner.training.job import DataOrder, EpochResult, Job, Verdict
from tuner.training.members import member_job, members_of
from tuner.training.trainer import Observer


@dataclass(frozen=True)
class Network:
    """One network of the winner.

    Attributes:
        outputs: for each test row the probability of each class, or the number that is predicted, in its own unit.
        epochs: trained in all.
        best_epoch: whose weights it has.
        value: the objective metric on its validation rows.
    """

    outputs: Any
    epochs: int
    best_epoch: int | None
    value: float


def job_of_best(best: TrialSummary, definition: StudyDefinition, data: PreparedData) -> Job:
    """What the best trial trained, to be trained again from the same seeds."""
    hyperparameters = Hyperparameters.model_validate(best.hyperparameters)
    order = best.attributes["order"]
    return Job(
        number=best.number,
        hyperparameters=hyperparameters,
        seed=best.attributes["seed"],
        order=DataOrder(definition.seed, stream=order["stream"], first_epoch=order["first_epoch"]),
        metric=definition.metric(data.task),
        direction=definition.direction(data.task),
        data=definition.forms.key_of(hyperparameters.preprocessing),
    )


def networks_of(job: Job, definition: StudyDefinition, folds: Sequence[Rows]) -> list[Network]:
    """The winner's networks: one, or one for each fold of the first repeat.

    Raises:
        RuntimeError: if a training fails.
    """
    members = members_of(folds=definition.data.folds or 1, repeats=definition.data.repeats)
    jobs = [job] if len(members) == 1 else [member_job(job, members, fold) for fold in range(len(folds))]
    return [_network(each, rows) for each, rows in zip(jobs, folds, strict=True)]


def _network(job: Job, rows: Rows) -> Network:
    model, outcome = fit_job(job, rows.seen, _GoingOn())
    if model is None:
        raise RuntimeError(f"the winner failed when it was trained again: {outcome.error}")
    outputs = np.asarray(model.predict(rows.held.x, batch_size=1024, verbose=0), np.float64)
    return Network(
        rows.probabilities(outputs) if rows.seen.classes else rows.own_unit(outputs[:, 0]),
        outcome.epochs,
        outcome.best_epoch,
        outcome.best_metrics.get(job.metric, float("nan")),
    )


class _GoingOn(Observer):
    """An observer for whom every trial is worth its while."""

    def epoch_ended(self, results: Sequence[EpochResult]) -> Sequence[Verdict]:
        return [Verdict.GO_ON] * len(results)
