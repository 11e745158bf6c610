"""A trainer around a trainer: the inner one runs in a child process, which is replaced when it has grown too large.

A fitted Keras model leaves megabytes behind, whatever one does; the only full cure is a new process. It has two more
gains: the parent never imports TensorFlow, and Ctrl-C there acts at once, even inside a compiled epoch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tuner.clock import Clock, wall_clock
from tuner.data.prepared import Prepared
from tuner.errors import SearchError, did_you_mean, listed
from tuner.training import wire
from tuner.training.child import TRAINERS
from tuner.training.host import Child, ChildDiedError
from tuner.training.job import DataKey, Done, End, Job, Outcome
from tuner.training.trainer import JobSource, Observer, Trainer

NEAR = 0.9
"""The share of its memory limit at which a child gets no more jobs; those that it has still need some."""

POLL_SECONDS = 0.1
"""How soon a wish to stop is seen while the child imports TensorFlow or trains."""


class HostedTrainer(Trainer):
    """Runs another trainer in a child process; job source and observer are called here, in the caller's thread.

    Args:
        trainer: the inner trainer, as `child.TRAINERS` or `module:Class` names it.
        settings: keyword arguments of the inner trainer's class; they are pickled.
        max_growth_bytes: a child whose resident memory has grown by more than this since its first trial ended gets
            no more jobs; it ends those it has, and a fresh child goes on.
        max_bytes: a child whose resident memory comes near this is replaced in the same way; None for no limit.
        threads: how many threads the child's numerical libraries may use.
        stop_requested: asked many times a second; when it is true and no job is in flight, training ends without
            waiting for the child. It should be true as soon as the job source has nothing but `Done` to say.
        clock: for the time that a trial took which its child's death ended.
    Attributes:
        recycled: how many children were replaced because they had grown too large.
    Raises:
        SearchError: if there is no such trainer; while training, if a child dies before it has taken a job.
    """

    def __init__(
        self,
        trainer: str,
        *,
        settings: Mapping[str, Any] | None = None,
        max_growth_bytes: int = 300 * 2**20,
        max_bytes: int | None = None,
        threads: int = 1,
        stop_requested: Callable[[], bool] = lambda: False,
        clock: Clock = wall_clock,
    ) -> None:
        if trainer not in TRAINERS and ":" not in trainer:
            known = tuple(TRAINERS)
            raise SearchError(
                f'there is no trainer "{trainer}"; it should be {listed(known)}.{did_you_mean(trainer, known)}'
            )
        self.recycled = 0
        self._trainer = trainer
        self._settings = dict(settings or {})
        self._max_growth_bytes = max_growth_bytes
        self._max_bytes = math.inf if max_bytes is None else max_bytes
        self._threads = threads
        self._stop_requested = stop_requested
        self._clock = clock

    def train(self, jobs: JobSource, data: Mapping[DataKey, Prepared], observer: Observer) -> Iterator[Outcome]:
        work = wire.Work(self._trainer, self._threads, dict(data), self._settings)
        more = True
        while more and not self._stop_requested():
            with Child(threads=self._threads) as child:
                more = yield from self._serve(
                    _Shift(child, self._max_growth_bytes, self._max_bytes), work, jobs, observer
                )

    def _serve(
        self, shift: _Shift, work: wire.Work, jobs: JobSource, observer: Observer
    ) -> Generator[Outcome, None, bool]:
        """Answer one child until it ends.

        Returns:
            Whether another child should go on.
        """
        child = shift.child
        try:
            child.send(work)
            observer.starting()
            while shift.running or not self._stop_requested():
                match child.receive(within_seconds=POLL_SECONDS):
                    case wire.NextAsked():
                        answer = Done() if shift.is_over() else jobs.next()
                        if isinstance(answer, Job):
                            shift.take(answer, self._clock())
                        child.send(answer)
                    case wire.EpochBegins():
                        observer.epoch_begins()
                    case wire.EpochEnded(results):
                        for result in results:
                            shift.running[result.number].epochs = result.epoch + 1
                        child.send(wire.Verdicts(tuple(observer.epoch_ended(results))))
                    case wire.TrialEnded(outcome):
                        shift.give_back(outcome)
                        # Noted only when the caller comes back for more, so that the inner trainer is never ahead.
                        yield outcome
                        child.send(wire.Noted())
                    case wire.AllEnded():
                        self.recycled += shift.over
                        yield from shift.failures("the trainer ended without a word about this trial", self._clock())
                        return shift.over
            return False
        except ChildDiedError as death:
            if not shift.had_a_job:
                # It was not the job that killed it, so the next child would hardly fare better.
                raise SearchError(f"training cannot start: {death}") from None
            yield from shift.failures(str(death), self._clock())
            return True


@dataclass
class _Running:
    """A job in flight.

    Attributes:
        job: the job.
        since: when the child got it, on the trainer's clock.
        epochs: how many epochs of it have been reported.
    """

    job: Job
    since: float
    epochs: int = 0


@dataclass
class _Shift:
    """What the parent knows of one child.

    Attributes:
        child: the process.
        max_growth_bytes: how much it may grow after its first trial.
        max_bytes: how large it may become.
        running: its jobs in flight, by number.
        had_a_job: whether it ever got one.
        first_bytes: its resident memory when its first trial had ended; None until then.
        over: whether it has outgrown its limit and gets no more jobs.
    """

    child: Child
    max_growth_bytes: int
    max_bytes: float
    running: dict[int, _Running] = field(default_factory=dict)
    had_a_job: bool = False
    first_bytes: int | None = None
    over: bool = False

    def is_over(self) -> bool:
        """Whether the child should get no more jobs; once true, it stays so."""
        if not self.over and self.first_bytes is not None:
            now = self.child.resident_bytes()
            self.over = now - self.first_bytes > self.max_growth_bytes or now > NEAR * self.max_bytes
        return self.over

    def take(self, job: Job, now: float) -> None:
        """A job goes to the child."""
        if not self.had_a_job:
            self.child.has_loaded()
        self.had_a_job = True
        self.running[job.number] = _Running(job, now)

    def give_back(self, outcome: Outcome) -> None:
        """A job has ended."""
        del self.running[outcome.number]
        if self.first_bytes is None:
            self.first_bytes = self.child.resident_bytes()

    def failures(self, error: str, now: float) -> Iterator[Outcome]:
        """An outcome for each job that the child leaves behind."""
        for number in tuple(self.running):
            left = self.running.pop(number)
            yield Outcome(
                number, End.FAILED, epochs=left.epochs, seconds=now - left.since, order=left.job.order, error=error
            )
