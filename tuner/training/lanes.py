"""The lane trainer: many trials at once in one compiled program, and a fresh one wherever one has ended."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from types import MappingProxyType

import keras
import tensorflow as tf

from tuner.clock import Clock, wall_clock
from tuner.data.measurable import check_measurable
from tuner.data.prepared import Prepared
from tuner.errors import DataError, HyperparameterError, listed, one_line
from tuner.lanes.arrays import arrays_of
from tuner.lanes.program import LaneProgram
from tuner.lanes.sharing import Sharing
from tuner.lanes.signature import Expected, signature_of
from tuner.study.losses import check_loss, loss_of
from tuner.study.metrics import measured_beside
from tuner.training.checkpoint import resume, write_checkpoint
from tuner.training.course import Course, check_metric
from tuner.training.crew import Crew
from tuner.training.figures import figures_of
from tuner.training.job import COMPLETE, DataKey, Done, End, EpochResult, Job, LaneUse, Outcome, Wait
from tuner.training.lane_trial import LaneTrial
from tuner.training.trainer import JobSource, Observer, Trainer

TRAINER = "lanes"
"""How this trainer's checkpoints are marked."""

ModelKeeper = Callable[[Job, keras.Model], None]
"""Gets the model of each trial that ended, however it did, with its best epoch's weights; uncompiled."""

_log = logging.getLogger(__name__)


class LaneTrainer(Trainer):
    """Trains up to `lanes` jobs at once; a lane whose trial has ended is filled again at the next epoch boundary.

    All lanes of one program share one order of the training rows: the stream of the program's first job. An outcome
    says which stream that was and in which of its epochs the trial began, so that `fit` can repeat it. A trial that
    goes on from a checkpoint sees the rows as it would have seen them; if no program is where that trial was, it gets
    another one, together with all that go on from there.
    """

    def __init__(
        self,
        lanes: int = 32,
        expected: Expected | None = None,
        *,
        block: int | None = None,
        threads: int = 1,
        checkpoints: str | None = None,
        keep_model: ModelKeeper | None = None,
        clock: Clock = wall_clock,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """A trainer without programs yet.

        Args:
            lanes: how many jobs to train at once, 1 or more.
            expected: what the jobs may bring, as far as it is known; nothing is if left out.
            block: the most lanes that are trained together; the others follow, or go on at the same time on another
                thread. None for as many as suit the size of the networks, and all of them on a GPU.
            threads: how many blocks to train at the same time; none of them uses more than one core.
            checkpoints: the folder for the checkpoints of trials that are handed back; None for none.
            keep_model: gets each trained model.
            clock: for the seconds in the results.
            sleep: waits when there is no job yet.
        """
        self._lanes = lanes
        self._expected = expected if expected is not None else Expected()
        self._block, self._threads = block, threads
        if tf.config.list_physical_devices("GPU"):
            self._block, self._threads = block or lanes, 1
        self._checkpoints = checkpoints
        self._keep_model = keep_model
        self._clock = clock
        self._sleep = sleep

    def train(self, jobs: JobSource, data: Mapping[DataKey, Prepared], observer: Observer) -> Iterator[Outcome]:
        with ThreadPoolExecutor(self._threads) as blocks, ThreadPoolExecutor(self._threads) as programs:
            yield from self._train(jobs, data, observer, blocks, programs)

    def _train(
        self,
        jobs: JobSource,
        data: Mapping[DataKey, Prepared],
        observer: Observer,
        blocks: Executor,
        programs: Executor,
    ) -> Iterator[Outcome]:
        """As `train`, with one pool for the blocks of all programs, and one that waits for programs to be compiled."""
        crews: list[Crew] = []
        sharing = Sharing()
        done = False
        while True:
            busy = sum(crew.busy for crew in crews)
            wait = Wait()
            while not done and busy < self._lanes:
                job = jobs.next()
                if isinstance(job, Wait):
                    wait = job
                    break
                if isinstance(job, Done):
                    done = True
                    break
                try:
                    self._take(job, data, crews, blocks, sharing)
                    busy += 1
                except Exception as error:
                    yield Outcome(job.number, End.FAILED, order=job.order, error=one_line(error))
            if not busy:
                if done:
                    return
                self._sleep(wait.seconds)
                continue
            yield from self._epoch(crews, busy, observer, programs)

    def _take(
        self, job: Job, data: Mapping[DataKey, Prepared], crews: list[Crew], blocks: Executor, sharing: Sharing
    ) -> None:
        """Give a job to the fullest crew that can train it; to a new one where there is none.

        Raises:
            DataError, HyperparameterError: if the job cannot be trained.
        """
        prepared = data.get(job.data)
        if prepared is None:
            raise DataError(f"the data {job.data!r} is none of {listed([repr(key) for key in data])}")
        check_metric(job, prepared.task)
        check_measurable(job.metric, prepared)
        check_loss(job.hyperparameters, prepared.task)
        for table in job.hyperparameters.for_fit_alone:
            raise HyperparameterError("is for the trainer fit; lanes have no such thing", table)
        signature = signature_of(
            job.hyperparameters,
            data=job.data,
            task=prepared.task,
            features=prepared.features,
            outputs=prepared.outputs,
            loss=loss_of(job.hyperparameters.loss, prepared.task),
            expected=self._expected,
            measured=measured_beside(job.metric, prepared.task),
        )
        trial = self._trial(job, prepared)
        suitable = [crew for crew in crews if crew.program.signature == signature and crew.suits(trial)]
        if not suitable:
            program = LaneProgram(
                signature, prepared, block=self._block, threads=self._threads, pool=blocks, sharing=sharing
            )
            suitable = [Crew(program, prepared, job.order)]
            crews += suitable
        max(suitable, key=lambda crew: crew.busy).take(trial)

    def _trial(self, job: Job, prepared: Prepared) -> LaneTrial:
        """A trial that goes on from its job's checkpoint, or begins."""
        now = self._clock()
        own = arrays_of(job.hyperparameters, features=prepared.features, outputs=prepared.outputs)
        return resume(
            TRAINER,
            job,
            prepared,
            restore=lambda checkpoint: LaneTrial.resumed(job, checkpoint, own, now),
            fresh=lambda: LaneTrial(job, Course(job), now),
        )

    def _epoch(self, crews: list[Crew], busy: int, observer: Observer, programs: Executor) -> Iterator[Outcome]:
        """One epoch of every program that has trials, a word to the observer, and what came to an end."""
        at_work = [crew for crew in crews if crew.busy]
        observer.epoch_begins()
        reached: list[tuple[Crew, int, EpochResult]] = []
        for crew, epoch in [(crew, programs.submit(crew.epoch, self._clock)) for crew in at_work]:
            try:
                reached += [(crew, lane, result) for lane, result in epoch.result()]
            except Exception as error:
                _log.warning("a program of %d lanes failed", crew.program.room, exc_info=True)
                # Nobody knows what state it is in; the next trial of its kind gets a new one.
                crews.remove(crew)
                for trial in crew.dismiss():
                    yield self._outcome(trial, End.FAILED, error=one_line(error))
        use = LaneUse(busy, sum(crew.program.room for crew in at_work))
        verdicts = observer.epoch_ended([replace(result, lanes=use) for _, _, result in reached]) if reached else []
        for (crew, lane, _), verdict in zip(reached, verdicts, strict=True):
            trial = crew.trials[lane]
            end = trial.course.end(verdict)
            if end is None:
                continue
            path = self._checkpoint(crew, lane) if end is End.HANDED_BACK else None
            if self._keep_model is not None and trial.course.best_epoch is not None:
                self._keep_model(trial.job, crew.program.model(lane))
            measured = trial.job.figures if end in COMPLETE else ()
            figures = figures_of(partial(crew.program.model, lane), measured)
            crew.free(lane)
            yield self._outcome(trial, end, checkpoint=path, figures=figures)

    def _checkpoint(self, crew: Crew, lane: int) -> str | None:
        """Write down how far a trial has come; the file's path, or None without one."""
        if self._checkpoints is None:
            return None
        trial = crew.trials[lane]
        checkpoint = trial.checkpoint(crew.program.state(lane), self._clock())
        return write_checkpoint(self._checkpoints, TRAINER, trial.job, crew.prepared, checkpoint)

    def _outcome(
        self,
        trial: LaneTrial,
        end: End,
        *,
        error: str | None = None,
        checkpoint: str | None = None,
        figures: Mapping[str, float] = MappingProxyType({}),
    ) -> Outcome:
        return Outcome(
            number=trial.job.number,
            end=end,
            epochs=trial.course.epochs,
            best_epoch=trial.course.best_epoch,
            best_metrics=trial.course.best_metrics,
            parameters=trial.parameters,
            seconds=self._clock() - trial.began,
            order=trial.order or trial.job.order,
            error=error,
            checkpoint=checkpoint,
            figures=dict(figures),
        )
