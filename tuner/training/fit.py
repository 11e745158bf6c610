"""The fit trainer: one trial after another, each by Keras' own `compile` and `fit`."""

from __future__ import annotations

import gc
import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import keras

from tuner.clock import Clock, wall_clock
from tuner.data.class_weights import balanced_row_weights
from tuner.data.measurable import check_measurable
from tuner.data.prepared import FloatArray, Prepared
from tuner.errors import DataError, ModelError, listed, one_line
from tuner.hyperparameters import Hyperparameters
from tuner.hyperparameters.gradient_noise import decay_of
from tuner.hyperparameters.own import OwnHyperparameters
from tuner.models import build_loss, build_mlp, build_optimizer, metrics_for, ordinary_loss, ordinary_optimizer
from tuner.models.noise import GradientNoise
from tuner.models.own import Builder, build_own
from tuner.seeds import derive_seed
from tuner.study.metrics import measured_beside
from tuner.training.batches import targets_of, validation_batches
from tuner.training.callbacks import CourseDriver, HandingBack, OutputMetrics, Reporting, RowOrder, TargetUnits
from tuner.training.checkpoint import resume, write_checkpoint
from tuner.training.course import Course, check_metric
from tuner.training.figures import figures_of
from tuner.training.fit_state import FitState, checkpoint_of, restore
from tuner.training.job import COMPLETE, DataKey, Done, End, EpochResult, Job, Outcome, Verdict, Wait
from tuner.training.mixup import Mixing, MixingModel
from tuner.training.pretraining import prepare_layers
from tuner.training.trainer import JobSource, Observer, Trainer
from tuner.training.transfer import freezing
from tuner.training.transfer_file import TransferModel

TRAINER = "fit"
"""How this trainer's checkpoints are marked."""

ModelKeeper = Callable[[Job, keras.Model], None]
"""Gets a trained model, and the job that it was trained for."""

STEPS_PER_CALL = 16
"""Training steps in one call of the compiled program: Python's work between calls is most of a small step's time."""

FEW_STEPS = 200
"""Trainings of fewer steps are over sooner without: to trace a program of several steps takes half a second more."""

_log = logging.getLogger(__name__)

# TensorFlow warns of programs that are traced again and again; here every trial has one of its own, on purpose.
logging.getLogger("tensorflow").addFilter(lambda record: "triggered tf.function retracing" not in record.getMessage())


class FitTrainer(Trainer):
    """Trains one job at a time by `keras.Model.fit`.

    What TensorFlow itself keeps of every fitted model stays in the process, see scripts/bench/memory.py.
    """

    def __init__(
        self,
        *,
        checkpoints: str | None = None,
        build: Builder | None = None,
        keep_model: ModelKeeper | None = None,
        transfer: Mapping[str, TransferModel] | None = None,
        clock: Clock = wall_clock,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """A trainer of one job at a time.

        Args:
            checkpoints: the folder for the checkpoints of trials that are handed back; None for none.
            build: builds the models of jobs with `OwnHyperparameters`; None for our own models.
            keep_model: gets each trained model, with its best epoch's weights.
            transfer: the models of which trials may take layers, by path.
            clock: for the seconds in the results.
            sleep: waits when there is no job yet.
        """
        self._checkpoints = checkpoints
        self._build = build
        self._keep_model = keep_model
        self._transfer = transfer or {}
        self._clock = clock
        self._sleep = sleep

    def train(self, jobs: JobSource, data: Mapping[DataKey, Prepared], observer: Observer) -> Iterator[Outcome]:
        # The collector need not look through all of TensorFlow after every trial: 0.01 s instead of 0.2 s.
        gc.freeze()
        try:
            yield from self._outcomes(jobs, data, observer)
        finally:
            gc.unfreeze()

    def _outcomes(self, jobs: JobSource, data: Mapping[DataKey, Prepared], observer: Observer) -> Iterator[Outcome]:
        while not isinstance(job := jobs.next(), Done):
            if isinstance(job, Wait):
                self._sleep(job.seconds)
                continue
            prepared = data.get(job.data)
            if prepared is None:
                missing = DataError(f"the data {job.data!r} is none of {listed([repr(key) for key in data])}")
                yield Outcome(job.number, End.FAILED, order=job.order, error=one_line(missing))
                continue
            model, outcome = fit_job(
                job,
                prepared,
                observer,
                build=self._build,
                checkpoints=self._checkpoints,
                transfer=self._transfer,
                clock=self._clock,
            )
            if self._keep_model is not None and model is not None and outcome.best_epoch is not None:
                self._keep_model(job, model)
            # Only the outcome is kept: the model has to be gone before the garbage is collected.
            del model
            gc.collect()
            yield outcome


def fit_job(
    job: Job,
    prepared: Prepared,
    observer: Observer,
    *,
    build: Builder | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    checkpoints: str | None = None,
    transfer: Mapping[str, TransferModel] | None = None,
    clock: Clock = wall_clock,
) -> tuple[keras.Model | None, Outcome]:
    """Train one job, with a word to the observer after each epoch.

    Args:
        job: the trial.
        prepared: the rows to train and to validate on.
        observer: gets every epoch's result and decides whether to go on. What it raises is passed on.
        build: builds the model of a job with `OwnHyperparameters`; None for our own models.
        callbacks: more Keras callbacks, called before our own.
        checkpoints: the folder for its checkpoint if it is handed back; None for none.
        transfer: the models of which it may take layers, by path.
        clock: for the seconds in the results.
    Returns:
        The model with its best epoch's weights, compiled and savable as any Keras model, or None if the job failed;
        and how the job ended. A regression's network predicts scaled targets, see `Prepared`; of several targets
        its Keras metrics are over all these scaled numbers together.
    """
    watched = _Watched(observer, clock)
    try:
        return _train(job, prepared, watched, build, callbacks, checkpoints, transfer or {}, clock)
    except Exception as error:
        if error is watched.error:
            raise
        _log.warning("trial %d failed", job.number, exc_info=True)
        failed = Outcome(
            number=job.number,
            end=End.FAILED,
            epochs=watched.epochs,
            seconds=watched.seconds,
            order=job.order,
            error=one_line(error),
        )
        return None, failed


class _Watched(Observer):
    """An observer whose own errors can be told from the training's, and who knows how far the trial is.

    Attributes:
        epochs: how many have ended.
        error: what the observer raised.
    """

    def __init__(self, observer: Observer, clock: Clock) -> None:
        self.epochs = 0
        self.error: Exception | None = None
        self._observer = observer
        self._clock = clock
        self._began = clock()

    @property
    def seconds(self) -> float:
        """How long the trial has taken."""
        return self._clock() - self._began

    def go_on(self, epochs: int, seconds: float) -> None:
        """The trial has had so many epochs before, which took so long."""
        self.epochs = epochs
        self._began -= seconds

    def epoch_begins(self) -> None:
        with self._noticed():
            self._observer.epoch_begins()

    def epoch_ended(self, results: Sequence[EpochResult]) -> Sequence[Verdict]:
        self.epochs += 1
        with self._noticed():
            return self._observer.epoch_ended(results)

    @contextmanager
    def _noticed(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self.error = error
            raise


def _train(
    job: Job,
    prepared: Prepared,
    observer: _Watched,
    build: Builder | None,
    callbacks: Sequence[keras.callbacks.Callback],
    checkpoints: str | None,
    transfer: Mapping[str, TransferModel],
    clock: Clock,
) -> tuple[keras.Model, Outcome]:
    check_metric(job, prepared.task)
    check_measurable(job.metric, prepared)
    chosen = job.hyperparameters
    model = _compiled(job, prepared, build)

    def fresh() -> FitState:
        prepare_layers(model, job, prepared, transfer)
        return FitState(Course(job))

    state = resume(
        TRAINER,
        job,
        prepared,
        restore=lambda checkpoint: restore(model, job, checkpoint),
        fresh=fresh,
    )
    course = state.course
    observer.go_on(course.epochs, state.seconds)

    def write() -> str | None:
        if checkpoints is None:
            return None
        reached = checkpoint_of(model, job, FitState(course, driver.best, observer.seconds))
        return write_checkpoint(checkpoints, TRAINER, job, prepared, reached)

    rows = RowOrder(
        prepared.x_train,
        targets_of(prepared, prepared.y_train),
        _row_weights(chosen, prepared),
        batch_size=chosen.batch_size,
        order=job.order,
    )
    # The metrics of several targets are in their units already.
    units = [TargetUnits(*prepared.target_scales)] if prepared.targets == 1 else []
    names = measured_beside(job.metric, prepared.task)
    measuring = [OutputMetrics(names, prepared)] if names else []
    mixing = [Mixing(chosen.inputs.mixup, job.seed)] if chosen.inputs.mixup else []
    driver = CourseDriver(course, state.best)
    reporting = Reporting(job.number, observer, course, clock=clock)
    handing_back = HandingBack(reporting, write)
    model.fit(
        rows.dataset,
        validation_data=validation_batches(prepared),
        initial_epoch=course.epochs,
        epochs=chosen.epochs,
        callbacks=[
            *callbacks,
            rows,
            *mixing,
            *freezing(model, chosen, course.epochs),
            *units,
            *measuring,
            driver,
            reporting,
            handing_back,
        ],
        shuffle=False,
        verbose=0,
    )
    # With Keras' own optimizer, layers, loss and metrics a saved model can be loaded without this package.
    optimizer = model.optimizer
    if chosen.activation_noise is not None or chosen.inputs.mixup:
        model = _ordinary(model, job, prepared)
    model.compile(
        optimizer=ordinary_optimizer(optimizer, model.trainable_variables),
        loss=ordinary_loss(chosen, prepared.task),
        **_metrics(prepared),
    )
    # None if one of the caller's own callbacks has stopped the training; that is an end like any other.
    end = reporting.end or End.FINISHED
    return model, Outcome(
        number=job.number,
        end=end,
        epochs=course.epochs,
        best_epoch=course.best_epoch,
        best_metrics=course.best_metrics,
        parameters=sum(math.prod(weights.shape) for weights in model.trainable_weights),
        seconds=observer.seconds,
        order=job.order,
        checkpoint=handing_back.checkpoint,
        figures=figures_of(lambda: model, job.figures if end in COMPLETE else ()),
    )


def _compiled(job: Job, prepared: Prepared, build: Builder | None = None) -> keras.Model:
    """The model before its first epoch, its optimizer built."""
    chosen = job.hyperparameters
    momentum = chosen.momentum_schedule()
    if isinstance(chosen, OwnHyperparameters) and build is None:
        raise ModelError("the trial is of somebody's own model, and nobody has said how it is built")
    model = _mlp(job, prepared, driven=True) if build is None else _own(build, job, prepared)
    if isinstance(model, MixingModel):
        steps = math.ceil(len(prepared.x_train) / chosen.batch_size)
        model.mix(steps, weighs_metrics=prepared.weights_train is not None)
    optimizer = build_optimizer(
        chosen.optimizer, None if momentum is None else momentum.value(0), clipping=chosen.clipping
    )
    noise = chosen.gradient_noise_curve()
    if noise is not None:
        optimizer.gradient_noise = GradientNoise(
            noise.value(0), decay=decay_of(chosen.gradient_noise), seed=derive_seed(job.seed, "gradient noise")
        )
    model.compile(
        optimizer=optimizer,
        loss=build_loss(chosen, prepared.task),
        **_metrics(prepared, prepared.target_scales, weighted=bool(chosen.inputs.mixup)),
        steps_per_execution=steps_per_call(chosen, len(prepared.x_train)),
        # XLA compiles anew for every trial, which takes longer than it saves in a small network.
        jit_compile=False,
    )
    # With every variable made beforehand, TensorFlow traces the training step once; otherwise it does so twice.
    model.optimizer.build(model.trainable_variables)
    return model


def steps_per_call(chosen: Hyperparameters, rows: int) -> int:
    """How many training steps the compiled program makes at once; the numbers do not depend on it."""
    steps = chosen.epochs * math.ceil(rows / chosen.batch_size)
    return STEPS_PER_CALL if steps >= FEW_STEPS else 1


def _mlp(job: Job, prepared: Prepared, *, driven: bool) -> keras.Model:
    return build_mlp(
        job.hyperparameters,
        features=prepared.features,
        outputs=prepared.outputs,
        task=prepared.task,
        seed=job.seed,
        driven=driven,
        kind=MixingModel if driven and job.hyperparameters.inputs.mixup else keras.Model,
    )


def _own(build: Builder, job: Job, prepared: Prepared) -> keras.Model:
    if not isinstance(job.hyperparameters, OwnHyperparameters):
        raise ModelError("a model of one's own needs a job with OwnHyperparameters")
    return build_own(
        build,
        job.hyperparameters,
        prepared.x_train,
        outputs=prepared.outputs,
        task=prepared.task,
        seed=job.seed,
    )


def _ordinary(model: keras.Model, job: Job, prepared: Prepared) -> keras.Model:
    """The same network out of Keras' own layers."""
    ordinary = _mlp(job, prepared, driven=False)
    for layer in ordinary.layers:
        layer.set_weights(model.get_layer(layer.name).get_weights()[: len(layer.weights)])
    return ordinary


def _row_weights(chosen: Hyperparameters, prepared: Prepared) -> FloatArray | None:
    """How much each training row counts: float32 [rows]; None if all count alike.

    Keras' own `class_weight` takes no weights of rows beside it; without such it comes to the same.
    """
    if chosen.class_weights == "none":
        return prepared.weights_train
    weights = balanced_row_weights(prepared)
    return weights if prepared.weights_train is None else weights * prepared.weights_train


def _metrics(
    prepared: Prepared, target_scales: Sequence[float] = (), *, weighted: bool = False
) -> Mapping[str, list[keras.metrics.Metric]]:
    """Fresh metrics under the name by which `compile` takes them, which tells it whether to weight them.

    The weights of classes alone do not: by Keras' ways they are for the loss.
    """
    weighted |= prepared.weights_train is not None or prepared.weights_validation is not None
    return {"weighted_metrics" if weighted else "metrics": metrics_for(prepared.task, target_scales)}
