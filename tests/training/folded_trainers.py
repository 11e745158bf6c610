"""For the tests of `FoldedTrainer`: real trainers on folds of the tiny tables, and one that follows a script."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np

from tests.contracts.small_tables import prepared
from tuner.data.prepared import Prepared
from tuner.study.metrics import Task
from tuner.training.folded import FoldedTrainer
from tuner.training.job import DataKey, Done, End, EpochResult, Job, LaneUse, Outcome, Verdict, Wait, member_data
from tuner.training.members import Member, members_of
from tuner.training.trainer import JobSource, Observer, Trainer

FOLDS = members_of(folds=3, repeats=1)

TWICE = members_of(folds=1, repeats=2)

ENDS = {Verdict.PRUNE: End.PRUNED, Verdict.HAND_BACK: End.HANDED_BACK}


@cache
def fold(task: Task = "multiclass", number: int = 0, count: int = 3) -> Prepared:
    """The tiny table with one part of its rows to validate on, and the others to train on."""
    whole = prepared(task)
    x, y = np.concatenate([whole.x_train, whole.x_validation]), np.concatenate([whole.y_train, whole.y_validation])
    validated = np.arange(len(x)) % count == number
    return replace(
        whole,
        x_train=x[~validated],
        y_train=y[~validated],
        x_validation=x[validated],
        y_validation=y[validated],
        fingerprint=f"fold {number} of {count}",
    )


def folds_of(members: Sequence[Member], task: Task = "multiclass") -> dict[DataKey, Prepared]:
    """The data of each member."""
    count = 1 + max(member.fold for member in members)
    return {
        member_data("main", each.repeat, each.fold): prepared(task) if count == 1 else fold(task, each.fold, count)
        for each in members
    }


class Everywhere(Trainer):
    """A folded trainer whose members all train on what the trial names, whatever that is."""

    def __init__(self, inner: Trainer, members: Sequence[Member], checkpoints: str | None = None) -> None:
        self._folded = FoldedTrainer(inner, members, checkpoints=checkpoints)
        self._members = members

    def train(self, jobs: JobSource, data: Mapping[DataKey, Prepared], observer: Observer) -> Iterator[Outcome]:
        given = {member_data(key, m.repeat, m.fold): each for key, each in data.items() for m in self._members}
        return self._folded.train(jobs, given, observer)


@dataclass
class Spied(Trainer):
    """Lets another trainer train, and writes down what it says.

    Attributes:
        inner: the other.
        jobs: those that it got.
        results: each job's, by its number.
        outcomes: by the job's number.
    """

    inner: Trainer
    jobs: dict[int, Job] = field(default_factory=dict)
    results: dict[int, list[EpochResult]] = field(default_factory=dict)
    outcomes: dict[int, Outcome] = field(default_factory=dict)

    def train(self, jobs: JobSource, data: Mapping[DataKey, Prepared], observer: Observer) -> Iterator[Outcome]:
        spied = self

        class Jobs:
            def next(self) -> Job | Wait | Done:
                job = jobs.next()
                if isinstance(job, Job):
                    spied.jobs[job.number] = job
                return job

        class Watching(Observer):
            def epoch_begins(self) -> None:
                observer.epoch_begins()

            def epoch_ended(self, results: Sequence[EpochResult]) -> Sequence[Verdict]:
                for result in results:
                    spied.results.setdefault(result.number, []).append(result)
                return observer.epoch_ended(results)

        for outcome in self.inner.train(Jobs(), data, Watching()):
            self.outcomes[outcome.number] = outcome
            yield outcome


@dataclass(frozen=True)
class Script:
    """What a member comes to.

    Attributes:
        values: its objective metric after each epoch.
        end: how it ends after the last of them.
    """

    values: Sequence[float]
    end: End = End.FINISHED


@dataclass
class Scripted(Trainer):
    """Trains nothing, several jobs at a time.

    Attributes:
        script: what becomes of a job, by the number of the trial and the fold.
        lanes: how many jobs at a time.
        folder: for checkpoints.
        told: what happened, in words, in order.
        files: the checkpoints that jobs brought, by number.
        folds: how many members a trial has.
    """

    script: Callable[[int, int], Script]
    lanes: int = 3
    folder: Path | None = None
    folds: int = 3
    told: list[str] = field(default_factory=list)
    files: dict[int, str] = field(default_factory=dict)

    def train(self, jobs: JobSource, data: Mapping[DataKey, Prepared], observer: Observer) -> Iterator[Outcome]:
        observer.starting()
        running: dict[int, tuple[Job, int]] = {}
        done = False
        while running or not done:
            while not done and len(running) < self.lanes:
                job = jobs.next()
                if isinstance(job, Wait):
                    break
                if isinstance(job, Done):
                    done = True
                    break
                self.told.append(f"{self.name(job)} begins")
                epochs = 0
                if job.checkpoint is not None:
                    epochs = json.loads(Path(job.checkpoint).read_text())
                    self.files[job.number] = job.checkpoint
                running[job.number] = job, epochs
            observer.epoch_begins()
            for number, (job, epoch) in tuple(running.items()):
                if epoch == len(self.of(job).values):
                    del running[number]
                    yield Outcome(number, self.of(job).end, epochs=epoch, error="out of memory", order=job.order)
            use = LaneUse(len(running), self.lanes)
            results = [self.result(job, epoch, use) for job, epoch in running.values()]
            verdicts = observer.epoch_ended(results) if results else []
            for result, verdict in zip(results, verdicts, strict=True):
                job, epoch = running[result.number]
                running[result.number] = job, epoch + 1
                script = self.of(job)
                over = epoch + 1 == len(script.values) and script.end is not End.FAILED
                end = (
                    script.end if over else {Verdict.PRUNE: End.PRUNED, Verdict.HAND_BACK: End.HANDED_BACK}.get(verdict)
                )
                if end is None:
                    continue
                del running[result.number]
                self.told.append(f"{self.name(job)} {end.value} after {epoch + 1}")
                yield Outcome(
                    result.number,
                    end,
                    epochs=epoch + 1,
                    parameters=100,
                    seconds=1.0 + epoch,
                    order=job.order,
                    checkpoint=self.written(job, epoch + 1) if end is End.HANDED_BACK else None,
                )

    def of(self, job: Job) -> Script:
        return self.script(job.number // self.folds, job.number % self.folds)

    def name(self, job: Job) -> str:
        return f"{job.number // self.folds}.{job.number % self.folds}"

    def result(self, job: Job, epoch: int, use: LaneUse) -> EpochResult:
        value = self.of(job).values[epoch]
        metrics = {job.metric: value, "loss": 2 * value}
        return EpochResult(job.number, epoch, metrics, 0.1 + job.number % self.folds, 0.9, 0.5, use)

    def written(self, job: Job, epochs: int) -> str | None:
        if self.folder is None:
            return None
        path = self.folder / f"{job.number}-{os.urandom(4).hex()}.npz"
        path.write_text(json.dumps(epochs))
        return str(path)
