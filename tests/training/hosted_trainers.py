"""Trainers without TensorFlow, for the tests of `HostedTrainer`: they start in a fraction of a second."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from tuner.data.prepared import Prepared
from tuner.training.job import DataKey, Done, End, EpochResult, Job, LaneUse, Outcome, Verdict, Wait
from tuner.training.trainer import JobSource, Observer, Trainer

ENDS = {Verdict.PRUNE: End.PRUNED, Verdict.HAND_BACK: End.HANDED_BACK}


class Steady(Trainer):
    """Trains nothing, one job at a time; each epoch reports the process, the rows and the seed."""

    def train(self, jobs: JobSource, data: Mapping[DataKey, Prepared], observer: Observer) -> Iterator[Outcome]:
        while not isinstance(job := jobs.next(), Done):
            if isinstance(job, Wait):
                time.sleep(job.seconds)
                continue
            end = End.FINISHED
            for epoch in range(job.hyperparameters.epochs):
                observer.epoch_begins()
                self.train_epoch(job)
                metrics = {"pid": os.getpid(), "rows": len(data[job.data].x_train), "seed": job.seed}
                [verdict] = observer.epoch_ended([EpochResult(job.number, epoch, metrics, 0.1, None, 0.0)])
                if verdict is not Verdict.GO_ON:
                    end = ENDS[verdict]
                    break
            yield Outcome(job.number, end, epochs=epoch + 1, best_metrics=metrics, error=self.remark())

    def train_epoch(self, job: Job) -> None:
        pass

    def remark(self) -> str | None:
        return None


class Wordy(Steady):
    """Says in each outcome what the child's environment holds."""

    def remark(self) -> str | None:
        return "\n".join(f"{name}={value}" for name, value in os.environ.items())


class Set(Steady):
    """Says in each outcome how it was set up."""

    def __init__(self, **settings: object) -> None:
        self._settings = settings

    def remark(self) -> str | None:
        return repr(self._settings)


class Loud(Steady):
    """Writes to both outputs."""

    def train_epoch(self, job: Job) -> None:
        print("noise on stdout", flush=True)
        os.write(1, b"noise on file descriptor 1\n")
        print("noise on stderr", file=sys.stderr, flush=True)


class Leaving(Steady):
    """Leaves a file named `trained` in the working directory when it has trained an epoch."""

    def train_epoch(self, job: Job) -> None:
        Path("trained").touch()


class Growing(Steady):
    """Leaves 30 MB behind in every epoch, as a Keras model would."""

    def __init__(self) -> None:
        self._left: list[bytearray] = []

    def train_epoch(self, job: Job) -> None:
        self._left.append(bytearray(os.urandom(1)) * (30 * 2**20))


class KilledByJobOne(Steady):
    """Is killed in the second epoch of job 1, after a word on stderr; it greets there when it is made, too."""

    def __init__(self) -> None:
        self._epochs = 0
        print("what libraries say when they are loaded", file=sys.stderr, flush=True)

    def train_epoch(self, job: Job) -> None:
        if job.number == 1:
            self._epochs += 1
            if self._epochs == 2:
                print("no memory left", file=sys.stderr, flush=True)
                os.kill(os.getpid(), 9)


class BrokenByJobOne(Steady):
    """Breaks its promise that a failed job is no exception."""

    def train_epoch(self, job: Job) -> None:
        if job.number == 1:
            raise RuntimeError("a bug in the trainer")


class Forgetful(Trainer):
    """Takes a job and ends without a word about it."""

    def train(self, jobs: JobSource, data: Mapping[DataKey, Prepared], observer: Observer) -> Iterator[Outcome]:
        jobs.next()
        yield from ()


class Endless(Steady):
    """Reports an epoch and is then in the next one for an hour."""

    def __init__(self) -> None:
        self._epochs = 0

    def train_epoch(self, job: Job) -> None:
        self._epochs += 1
        if self._epochs == 2:
            threading.Event().wait(3600)


class NeverReady(Steady):
    """Takes an hour to start."""

    def __init__(self) -> None:
        time.sleep(3600)


class CannotStart(Steady):
    """Fails before it asks for a job."""

    def __init__(self) -> None:
        raise ImportError("no module named tensorflow")


class ThreeAtOnce(Trainer):
    """Has room for three jobs and reports an epoch of all of them in one call."""

    def train(self, jobs: JobSource, data: Mapping[DataKey, Prepared], observer: Observer) -> Iterator[Outcome]:
        running: dict[int, tuple[Job, int]] = {}
        done = False
        while running or not done:
            while not done and len(running) < 3:
                job = jobs.next()
                done = isinstance(job, Done)
                if not isinstance(job, Job):
                    break
                running[job.number] = (job, 0)
            use = LaneUse(len(running), 3)
            observer.epoch_begins()
            results = [
                EpochResult(n, epoch, {"pid": os.getpid()}, 0.1, None, 0.0, use) for n, (_, epoch) in running.items()
            ]
            verdicts = observer.epoch_ended(results)
            for result, verdict in zip(results, verdicts, strict=True):
                job, epoch = running.pop(result.number)
                if verdict is not Verdict.GO_ON:
                    yield Outcome(result.number, ENDS[verdict], epochs=epoch + 1)
                elif epoch + 1 == job.hyperparameters.epochs:
                    yield Outcome(result.number, End.FINISHED, epochs=epoch + 1, best_metrics=result.metrics)
                else:
                    running[result.number] = (job, epoch + 1)


class ThreeKilled(ThreeAtOnce):
    """Is killed as soon as job 2 has been given a first epoch."""

    def train(self, jobs: JobSource, data: Mapping[DataKey, Prepared], observer: Observer) -> Iterator[Outcome]:
        class Deadly(Observer):
            def epoch_ended(self, results):
                verdicts = observer.epoch_ended(results)
                if any(result.number == 2 for result in results):
                    os.kill(os.getpid(), 9)
                return verdicts

        yield from super().train(jobs, data, Deadly())
