"""The lane trainer: many trials at once in one compiled program, and a fresh one wherever one has ended."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import keras
import tensorflow as tf

from tuner.clock import Clock, wall_clock
from tuner.data.prepared import Prepared
from tuner.errors import DataError, listed, one_line
from tuner.lanes.coefficients import FRESH, Memory, step_coefficients
from tuner.lanes.program import LaneProgram, Network
from tuner.lanes.shapes import parameters_of
from tuner.lanes.signature import Expected, Signature, signature_of
from tuner.models import loss_of
from tuner.training.course import Course, check_metric
from tuner.training.job import DataKey, DataOrder, Done, End, EpochResult, Job, LaneUse, Outcome, Wait
from tuner.training.orders import permutation
from tuner.training.trainer import JobSource, Observer, Trainer

ModelKeeper = Callable[[Job, keras.Model], None]
"""Gets the model of each trial that ended, however it did, with its best epoch's weights; uncompiled."""

_log = logging.getLogger(__name__)


class LaneTrainer(Trainer):
    """Trains up to `lanes` jobs at once; a lane whose trial has ended is filled again at the next epoch boundary.

    All lanes of one program share one order of the training rows: the stream of the program's first job. An outcome
    says which stream that was and in which of its epochs the trial began, so that `fit` can repeat it.
    """

    def __init__(
        self,
        lanes: int = 32,
        expected: Expected | None = None,
        *,
        block: int | None = None,
        threads: int = 1,
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
            keep_model: gets each trained model.
            clock: for the seconds in the results.
            sleep: waits when there is no job yet.
        """
        self._lanes = lanes
        self._expected = expected if expected is not None else Expected()
        self._block, self._threads = block, threads
        if tf.config.list_physical_devices("GPU"):
            self._block, self._threads = block or lanes, 1
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
        crews: dict[Signature, _Crew] = {}
        done = False
        while True:
            busy = sum(len(crew.trials) + len(crew.waiting) for crew in crews.values())
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
                    crew = self._crew_for(job, data, crews, blocks)
                    crew.waiting.append(_Trial(job, Course(job), self._clock()))
                    busy += 1
                except Exception as error:
                    yield Outcome(job.number, End.FAILED, order=job.order, error=one_line(error))
            if not busy:
                if done:
                    return
                self._sleep(wait.seconds)
                continue
            yield from self._epoch(crews, busy, observer, programs)

    def _crew_for(
        self, job: Job, data: Mapping[DataKey, Prepared], crews: dict[Signature, _Crew], blocks: Executor
    ) -> _Crew:
        """The crew whose program can train a job; a new one where there is none.

        Raises:
            DataError, HyperparameterError: if the job cannot be trained.
        """
        prepared = data.get(job.data)
        if prepared is None:
            raise DataError(f"the data {job.data!r} is none of {listed([repr(key) for key in data])}")
        check_metric(job, prepared.task)
        signature = signature_of(
            job.hyperparameters,
            data=job.data,
            task=prepared.task,
            features=prepared.features,
            outputs=prepared.outputs,
            loss=loss_of(job.hyperparameters.loss, prepared.task),
            expected=self._expected,
        )
        if signature not in crews:
            program = LaneProgram(signature, prepared, block=self._block, threads=self._threads, pool=blocks)
            crews[signature] = _Crew(program, job.order, len(prepared.x_train))
        return crews[signature]

    def _epoch(
        self, crews: dict[Signature, _Crew], busy: int, observer: Observer, programs: Executor
    ) -> Iterator[Outcome]:
        """One epoch of every program that has trials, a word to the observer, and what came to an end."""
        at_work = [crew for crew in crews.values() if crew.trials or crew.waiting]
        reached: list[tuple[_Crew, int, EpochResult]] = []
        for crew, epoch in [(crew, programs.submit(crew.epoch, self._clock)) for crew in at_work]:
            try:
                reached += [(crew, lane, result) for lane, result in epoch.result()]
            except Exception as error:
                _log.warning("a program of %d lanes failed", crew.program.room, exc_info=True)
                # Nobody knows what state it is in; the next trial of its kind gets a new one.
                del crews[crew.program.signature]
                for trial in crew.dismiss():
                    yield self._outcome(trial, End.FAILED, one_line(error))
        use = LaneUse(busy, sum(crew.program.room for crew in at_work))
        verdicts = observer.epoch_ended([replace(result, lanes=use) for _, _, result in reached]) if reached else []
        for (crew, lane, _), verdict in zip(reached, verdicts, strict=True):
            trial = crew.trials[lane]
            end = trial.course.end(verdict)
            if end is None:
                continue
            if self._keep_model is not None and trial.course.best_epoch is not None:
                self._keep_model(trial.job, crew.program.model(lane))
            crew.free(lane)
            yield self._outcome(trial, end)

    def _outcome(self, trial: _Trial, end: End, error: str | None = None) -> Outcome:
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
        )


@dataclass
class _Trial:
    """A job in a lane, or on its way into one.

    Attributes:
        job: the job.
        course: what it decides between epochs.
        began: when the trainer got it.
        memory: what its optimizer remembers beside its slots.
        parameters: trainable numbers of its network; None before it has a lane.
        order: in which it sees the rows; None before it has a lane.
    """

    job: Job
    course: Course
    began: float
    memory: Memory = FRESH
    parameters: int | None = None
    order: DataOrder | None = None


@dataclass
class _Crew:
    """A program and the trials in its lanes.

    Attributes:
        program: the program.
        order: the rows' order in the program's epochs.
        rows: training rows.
        epochs: how many epochs the program has run.
        trials: by lane.
        waiting: trials that get a lane at the next epoch's start.
    """

    program: LaneProgram
    order: DataOrder
    rows: int
    epochs: int = 0
    trials: dict[int, _Trial] = field(default_factory=dict)
    waiting: list[_Trial] = field(default_factory=list)

    def epoch(self, clock: Clock) -> list[tuple[int, EpochResult]]:
        """Fill the lanes that are free, train and measure all of them.

        Returns:
            Each busy lane with its result.
        """
        began = clock()
        self._take_in()
        coefficients, steps = {}, {}
        for lane, trial in self.trials.items():
            course = trial.course
            course.begin_epoch()
            steps[lane] = trial.memory.steps
            coefficients[lane], trial.memory = step_coefficients(
                trial.job.hyperparameters.optimizer,
                course.learning_rate,
                course.momentum,
                trial.memory,
                self.program.steps,
            )
        trained = self.program.train(permutation(self.order, self.epochs, self.rows), coefficients, steps)
        self.epochs += 1
        validated = self.program.validate()
        metrics = {**trained, **{f"val_{name}": values for name, values in validated.items()}}
        best, results = [], []
        seconds = clock() - began
        for lane, trial in sorted(self.trials.items()):
            own = {name: float(values[lane]) for name, values in metrics.items()}
            if trial.course.end_epoch(own):
                best.append(lane)
            number, epoch = trial.job.number, trial.course.epochs - 1
            results.append(
                (lane, EpochResult(number, epoch, own, trial.course.learning_rate, trial.course.momentum, seconds))
            )
        if best:
            self.program.keep(best)
        return results

    def _take_in(self) -> None:
        """Make as much room as is needed, and give a lane to each trial that waits for one."""
        needed = len(self.trials) + len(self.waiting)
        if self.program.room_for(needed) != self.program.room:
            kept = sorted(self.trials)
            moved = {lane: self.trials[old] for lane, old in enumerate(kept)}
            self.program.arrange(kept, needed)
            self.trials = moved
        free = [lane for lane in range(self.program.room) if lane not in self.trials]
        fresh = dict(zip(free, self.waiting, strict=False))
        if not fresh:
            return
        for trial in fresh.values():
            trial.order = replace(self.order, first_epoch=self.order.first_epoch + self.epochs)
            layers = trial.job.hyperparameters.layers
            trial.parameters = _parameters(layers.depth, layers.width, self.program.signature)
        chosen = {lane: trial.job for lane, trial in fresh.items()}
        self.program.fill(
            {
                lane: Network(job.hyperparameters.layers, job.hyperparameters.optimizer, job.seed)
                for lane, job in chosen.items()
            }
        )
        self.waiting = []
        self.trials.update(fresh)

    def free(self, lane: int) -> None:
        """A trial has ended."""
        del self.trials[lane]
        self.program.empty(lane)

    def dismiss(self) -> list[_Trial]:
        """Take out every trial."""
        trials = [*self.trials.values(), *self.waiting]
        self.trials, self.waiting = {}, []
        return trials


def _parameters(depth: int, width: int, signature: Signature) -> int:
    return parameters_of(depth, width, features=signature.features, outputs=signature.outputs)
