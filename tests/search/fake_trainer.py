"""A trainer that trains nothing, and the small study that it searches: thousands of epochs a second, without Keras."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.contracts.small_tables import prepared
from tuner.data.prepared import Prepared
from tuner.search.loop import SearchLoop
from tuner.search.studies import join_study
from tuner.study.definition import StudyDefinition
from tuner.study.read import read_study
from tuner.training.job import MAIN_DATA, DataKey, Done, End, EpochResult, Job, Outcome, Verdict, Wait
from tuner.training.trainer import JobSource, Observer, Trainer

ENDS = {Verdict.PRUNE: End.PRUNED, Verdict.HAND_BACK: End.HANDED_BACK}


def better_with_time(job: Job, epoch: int) -> float:
    """Best at a learning rate of 0.01, and a little better after each epoch."""
    return abs(math.log10(job.hyperparameters.optimizer.learning_rate) + 2) + 1 / (1 + epoch)


@dataclass
class FakeTrainer(Trainer):
    """Reports made-up metrics, one job at a time.

    Attributes:
        objective: the objective metric of a job after an epoch; after NaN the trial has diverged.
        error: why a job fails after its first epoch; None if it does not.
        before_epoch: called before each epoch; what it raises ends the training.
        jobs: every job that was taken.
    """

    objective: Callable[[Job, int], float] = better_with_time
    error: Callable[[Job], str | None] = lambda job: None
    before_epoch: Callable[[Job, int], None] = lambda job, epoch: None
    jobs: list[Job] = field(default_factory=list)

    def train(self, jobs: JobSource, data: Mapping[DataKey, Prepared], observer: Observer) -> Iterator[Outcome]:
        observer.starting()
        while not isinstance(job := jobs.next(), Done):
            if isinstance(job, Wait):
                time.sleep(job.seconds)
                continue
            self.jobs.append(job)
            yield self._train(job, observer)

    def _train(self, job: Job, observer: Observer) -> Outcome:
        curve: list[dict[str, float]] = []
        end = End.FINISHED
        for epoch in range(job.hyperparameters.epochs):
            observer.epoch_begins()
            self.before_epoch(job, epoch)
            value = self.objective(job, epoch)
            curve.append({"log_loss": value / 2, "val_accuracy": 1 / (1 + value), job.metric: value})
            [verdict] = observer.epoch_ended([EpochResult(job.number, epoch, curve[-1], 0.1, None, 0.0)])
            error = self.error(job)
            if error is not None:
                return Outcome(job.number, End.FAILED, epochs=len(curve), error=error)
            if math.isnan(value):
                end = End.DIVERGED
                break
            if verdict is not Verdict.GO_ON:
                end = ENDS[verdict]
                break
        sign = 1 if job.direction == "minimize" else -1
        finite = [epoch for epoch, metrics in enumerate(curve) if math.isfinite(metrics[job.metric])]
        best = min(finite, key=lambda epoch: sign * curve[epoch][job.metric], default=None)
        return Outcome(
            job.number,
            end,
            epochs=len(curve),
            best_epoch=best,
            best_metrics={} if best is None else curve[best],
            parameters=123,
            seconds=0.5,
            order=job.order,
        )


@dataclass
class FakeLanes(FakeTrainer):
    """Reports made-up metrics of several jobs at a time.

    Attributes:
        lanes: how many.
    """

    lanes: int = 4

    def train(self, jobs: JobSource, data: Mapping[DataKey, Prepared], observer: Observer) -> Iterator[Outcome]:
        observer.starting()
        running: dict[int, tuple[Job, list[dict[str, float]]]] = {}
        done = False
        while running or not done:
            wait = 0.0
            while not done and len(running) < self.lanes and not wait:
                job = jobs.next()
                if isinstance(job, Wait):
                    wait = job.seconds
                elif isinstance(job, Done):
                    done = True
                else:
                    self.jobs.append(job)
                    running[job.number] = job, []
            if not running:
                time.sleep(wait)
                continue
            observer.epoch_begins()
            for job, curve in running.values():
                self.before_epoch(job, len(curve))
                value = self.objective(job, len(curve))
                curve.append({"log_loss": value / 2, "val_accuracy": 1 / (1 + value), job.metric: value})
            results = [EpochResult(n, len(curve) - 1, curve[-1], 0.1, None, 0.0) for n, (_, curve) in running.items()]
            for number, verdict in zip(list(running), observer.epoch_ended(results), strict=True):
                job, curve = running[number]
                over = len(curve) == job.hyperparameters.epochs
                end = ENDS.get(verdict, End.FINISHED if over else None)
                if end is not None:
                    del running[number]
                    best = min(range(len(curve)), key=lambda epoch: curve[epoch][job.metric])
                    yield Outcome(number, end, len(curve), best, curve[best], 123, 0.5, job.order)


def small_study(
    name: str = "small",
    *,
    seed: int = 20,
    metric: str | None = None,
    pruner: Any = "none",
    sampler: Any = None,
    retries: int = 2,
    lost_worker_retries: int = 20,
    starting_points: bool = False,
    hyperparameters: Mapping[str, Any] | None = None,
    **tables: Any,
) -> StudyDefinition:
    """A study of a learning rate, a momentum where there is one, and an optimizer."""
    space: dict[str, Any] = {
        "epochs": 4,
        "batch_size": 16,
        "layers": {"depth": 1, "width": 8},
        "optimizer": {
            "kind": {"choices": ["sgd", "adagrad", "adadelta"]},
            "learning_rate": {"low": 1e-4, "high": 0.3, "log": True},
        },
        "momentum": {"kind": "rise", "start": {"low": 0.0, "high": 0.9}, "maximum": 0.9, "step": 0.01},
        **(hyperparameters or {}),
    }
    search: dict[str, Any] = {
        "pruner": pruner,
        "retries": retries,
        "lost_worker_retries": lost_worker_retries,
        "starting_points": starting_points,
        "sampler": sampler or {"kind": "tpe", "startup_trials": 5},
    }
    if metric is not None:
        search["metric"] = metric
    raw = {"name": name, "seed": seed, "data": {"builtin": "wine"}, "hyperparameters": space, "search": search}
    return read_study({**raw, **tables}, source="small.toml")


def loop_of(
    storage: Any, definition: StudyDefinition | None = None, *, trials: int | None = 6, **settings: Any
) -> SearchLoop:
    """A search loop on a storage, over the tiny classes."""
    definition = definition or small_study()
    study = join_study(storage, definition, prepared())
    return SearchLoop(study, definition, prepared().task, trials=trials, **settings)


def search(
    storage: Any,
    definition: StudyDefinition | None = None,
    trainer: Trainer | None = None,
    *,
    trials: int | None = 6,
    **settings: Any,
) -> SearchLoop:
    """One run of a search, to its end."""
    loop = loop_of(storage, definition, trials=trials, **settings)
    loop.run(trainer or FakeTrainer(), {MAIN_DATA: prepared()})
    return loop
