"""The contract that carries the lanes: K lanes give the numbers of K separate Keras `fit` runs.

Compared is every number of every epoch: training and validation metrics, learning rate and momentum, how and when a
trial ended, and its best epoch. The runs have the same initial weights and, by the order in the lane's outcome, the
same batches of 16 rows, the last of 10. There are fewer lanes than trials, so most trials begin in the midst of others.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import product
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.contracts.small_tables import ROWS, VALIDATION_ROWS, prepared
from tests.contracts.trainer import BATCH, Listed, Recorder, job, train
from tuner.data.prepared import Prepared
from tuner.hyperparameters import OPTIMIZERS, OPTIMIZERS_WITH_MOMENTUM, Hyperparameters, Layers
from tuner.hyperparameters.curves import LEARNING_RATE_SCHEDULES, MOMENTUM_SCHEDULES
from tuner.lanes.activations import ACTIVATIONS
from tuner.lanes.signature import Expected
from tuner.models import build_mlp, build_optimizer, loss_of, metrics_for, set_momentum
from tuner.models.initializers import MATCHING, initializer_of
from tuner.schedules import Curve
from tuner.training.course import Course
from tuner.training.fit import FitTrainer
from tuner.training.job import MAIN_DATA, DataKey, End, EpochResult, Job, Outcome, Verdict
from tuner.training.lanes import LaneTrainer
from tuner.training.orders import permutation
from tuner.training.trainer import JobSource, Observer, Trainer

TOLERANCE = 1e-5
"""Largest deviation of a loss or an error, as a share of it: float32 rounding, grown over up to 30 training steps.

The tests print the largest that they find; 3e-7 is usual.
"""

MARGIN = 10 * TOLERANCE
"""A decision that hangs on less than this share of the metric may fall either way by rounding alone."""

RATES: Mapping[str, Mapping[str, Any]] = {
    "sgd": {"learning_rate": 0.1},
    "rmsprop": {"learning_rate": 0.01},
    "adam": {"learning_rate": 0.02},
    "nadam": {"learning_rate": 0.02},
    "adamax": {"learning_rate": 0.03},
    "adamw": {"learning_rate": 0.02, "weight_decay": 0.1},
    "adagrad": {"learning_rate": 0.1},
    "adadelta": {"learning_rate": 5.0},
}
"""Every optimizer, at a rate with which it learns in a few epochs."""

CURVES: Sequence[Mapping[str, Any]] = (
    {"kind": "constant"},
    {"kind": "iir", "alpha": 0.5, "minimum": 0.001},
    {"kind": "exponential", "rate": 0.6},
    {"kind": "linear", "end": 0.001},
    {"kind": "linear", "decrement": 0.004, "every": 2},
    {"kind": "power", "scale": 2.0},
    {"kind": "cosine", "minimum": 0.001},
    {"kind": "piecewise", "boundaries": [1, 3], "values": [0.02, 0.005]},
    {"kind": "cosine_restarts", "period": 1, "growth": 2, "decay": 0.7},
    {"kind": "one_cycle", "peak_factor": 1.5, "rise_share": 0.5, "end": 0.001},
)
"""Every learning-rate curve, so that it moves within a few epochs."""

MOMENTA: Sequence[Mapping[str, Any] | None] = (
    {"kind": "rise", "start": 0.3, "maximum": 0.8, "step": 0.2},
    {"kind": "constant", "initial": 0.6},
    {"kind": "iir", "initial": 0.8, "alpha": 0.5, "minimum": 0.2},
    None,
    {"kind": "exponential", "initial": 0.9, "rate": 0.8},
    {"kind": "linear", "initial": 0.9, "end": 0.5},
    {"kind": "power", "initial": 0.9, "scale": 4.0},
    {"kind": "cosine", "initial": 0.9, "minimum": 0.4},
    {"kind": "piecewise", "initial": 0.5, "boundaries": [2], "values": [0.9]},
    {"kind": "cosine_restarts", "initial": 0.9, "minimum": 0.4, "period": 2},
    {"kind": "one_cycle", "initial": 0.9, "peak_factor": 0.8, "end": 0.9, "shape": "linear"},
)
"""Every curve that a momentum can follow, and none."""

PENALTIES: Sequence[Mapping[str, float]] = ({}, {"l1": 0.003}, {"l2": 0.01}, {"l1": 0.002, "l2": 0.005})

NAMES = sorted(set(ACTIVATIONS) - {"prelu"})
"""PReLU has weights of its own; `test_technique_parity` has it."""

INITIALIZERS = ["auto", *sorted({*MATCHING.values(), "glorot_normal", "he_uniform", "lecun_uniform"})]


@dataclass(frozen=True)
class Both:
    """The same trials, trained by lanes and by Keras.

    Attributes:
        jobs: by number, in the order of rows that the lanes had.
        lanes: what the lanes reported.
        keras: what Keras reported.
        ours, theirs: the outcomes of the two, by the job's number.
    """

    jobs: Mapping[int, Job]
    lanes: Recorder
    keras: Recorder
    ours: Mapping[int, Outcome]
    theirs: Mapping[int, Outcome]


def trained_twice(
    jobs: Iterable[Job],
    data: Mapping[str, Prepared],
    *,
    lanes: int,
    expected: Expected,
    reference: Any = None,
    verdicts: Mapping[tuple[int, int], Verdict] | None = None,
) -> Both:
    """Train the jobs by lanes and, in the order of rows that these had, by the reference: `FitTrainer` if left out."""
    ours, theirs = Recorder(verdicts or {}), Recorder(verdicts or {})
    listed = list(jobs)
    outcomes = train(LaneTrainer(lanes=lanes, expected=expected, block=5, threads=2), listed, ours, data)
    for outcome in outcomes.values():
        assert outcome.end is not End.FAILED, outcome.error
    again = {each.number: replace(each, order=outcomes[each.number].order) for each in listed}
    references = {
        outcome.number: outcome for outcome in (reference or FitTrainer()).train(Listed(again.values()), data, theirs)
    }
    return Both(again, ours, theirs, outcomes, references)


def rows_of(metric: str) -> int:
    return VALIDATION_ROWS if metric.startswith("val_") else ROWS


def deviation(ours: EpochResult, theirs: EpochResult) -> float:
    """The largest deviation of an epoch's metrics, as a share of each.

    An accuracy may differ by one row, whose two likeliest classes rounding can swap.
    """
    assert ours.metrics.keys() == theirs.metrics.keys()
    largest = 0.0
    for name, value in theirs.metrics.items():
        difference = abs(ours.metrics[name] - value)
        if name.endswith("accuracy"):
            assert difference * rows_of(name) < 1.01, (ours, theirs)
        else:
            largest = max(largest, difference / abs(value))
    return largest


def check_equal(both: Both, capsys: pytest.CaptureFixture[str]) -> None:
    """Check that lanes and Keras agree in everything, and print how closely."""
    largest, equal, clear = 0.0, [], 0
    for number, trial in both.jobs.items():
        ours, theirs = both.lanes.of(number), both.keras.of(number)
        is_clear = decisions_are_clear(trial, [result.metrics for result in theirs])
        clear += is_clear
        if is_clear:
            check_same_decisions(both, number)
        for our, their in zip(ours, theirs, strict=is_clear):
            if not is_clear and our.learning_rate != their.learning_rate:
                break
            found = deviation(our, their)
            assert found <= TOLERANCE, (trial, our, their)
            largest = max(largest, found)
            accuracies = [name for name in their.metrics if name.endswith("accuracy")]
            equal += [abs(our.metrics[name] - their.metrics[name]) < 1e-6 for name in accuracies]
    assert clear > 0.8 * len(both.jobs)
    assert sum(equal) >= 0.99 * len(equal)
    with capsys.disabled():
        print(
            f"\n{len(both.jobs)} trials as lanes and by Keras: losses and errors deviate by at most {largest:.1e} "
            f"of themselves, {sum(equal)} of {len(equal)} accuracies are equal, and so are the decisions of all "
            f"{clear} trials where none hangs on rounding"
        )


def check_same_decisions(both: Both, number: int) -> None:
    ours, theirs = both.lanes.of(number), both.keras.of(number)
    for name in ("learning_rate", "momentum"):
        found, expected = ([getattr(result, name) for result in results] for results in (ours, theirs))
        assert found == expected, (number, name)
    for name in ("end", "epochs", "best_epoch", "parameters", "order"):
        assert getattr(both.ours[number], name) == getattr(both.theirs[number], name), (number, name)
    assert both.ours[number].best_metrics == both.lanes.of(number)[both.theirs[number].best_epoch].metrics


def decisions_are_clear(trial: Job, metrics: Sequence[Mapping[str, float]]) -> bool:
    """Whether no decision of a trial hangs on rounding.

    Any of them compares the objective of an epoch with an earlier one's, less one of the `min_delta`s. An accuracy
    counts whole rows.
    """
    if trial.metric == "val_accuracy":
        return True
    chosen = trial.hyperparameters
    values = [epoch[trial.metric] for epoch in metrics]
    deltas = {0.0, *(table.min_delta for table in (chosen.plateau, chosen.early_stopping) if table is not None)}
    return all(
        abs(abs(value - before) - delta) > MARGIN * abs(value)
        for epoch, value in enumerate(values)
        for before in values[:epoch]
        for delta in deltas
    )


# The product of optimizers and schedules, with regularizers going round.


class KeptStep:
    """Keras' own training step for one optimizer, traced once for many trials.

    A `fit` for each of the many combinations would take minutes, most of which is tracing. So the function that Keras'
    `fit` calls for several batches serves one trial after another, and what differs between trials is held in
    variables: the penalties, and the hidden layers' activation out of Keras' own.
    """

    def __init__(self, first: Job, data: Prepared) -> None:
        chosen = first.hyperparameters
        self._data = data
        self._l1, self._l2, self._code = (tf.Variable(start, trainable=False) for start in (0.0, 0.0, 0))
        flow = inputs = keras.Input((data.features,))
        for _ in range(chosen.layers.depth):
            flow = keras.layers.Dense(
                chosen.layers.width, activation=self._activate, kernel_regularizer=self._penalize
            )(flow)
        self._model = keras.Model(inputs, keras.layers.Dense(data.outputs, activation="softmax")(flow))
        self._model.compile(
            optimizer=build_optimizer(chosen.optimizer),
            loss=loss_of(chosen.loss, data.task),
            metrics=metrics_for(data.task),
            steps_per_execution=math.ceil(ROWS / BATCH),
            jit_compile=False,
        )
        optimizer = self._model.optimizer
        optimizer.build(self._model.trainable_variables)
        self._memory = optimizer.variables
        self._fresh = [variable.numpy() for variable in self._memory]
        # This makes the metrics and both functions.
        self._model.train_on_batch(data.x_train[:BATCH], data.y_train[:BATCH])
        self._model.make_test_function()

    def _activate(self, z: Any) -> Any:
        return tf.switch_case(self._code.value(), [partial(keras.activations.get(name), z) for name in NAMES])

    def _penalize(self, kernel: Any) -> Any:
        return self._l1 * keras.ops.sum(keras.ops.absolute(kernel)) + self._l2 * keras.ops.sum(keras.ops.square(kernel))

    def train(self, trial: Job, observer: Recorder) -> Outcome:
        """What `fit` does, epoch by epoch."""
        layers, model = trial.hyperparameters.layers, self._model
        model.set_weights(initial_weights(initializer_of(layers), layers.width, trial.seed))
        for variable, value in zip(self._memory, self._fresh, strict=True):
            variable.assign(value)
        self._code.assign(NAMES.index(layers.activation))
        self._l1.assign(layers.l1)
        self._l2.assign(layers.l2)
        course, end = Course(trial), None
        while end is None:
            course.begin_epoch()
            model.optimizer.learning_rate.assign(course.learning_rate)
            if course.momentum is not None:
                set_momentum(model.optimizer, course.momentum)
            metrics = self._epoch(permutation(trial.order, course.epochs, ROWS))
            course.end_epoch(metrics)
            epoch = course.epochs - 1
            result = EpochResult(trial.number, epoch, metrics, course.learning_rate, course.momentum, 0.0)
            end = course.end(*observer.epoch_ended([result]))
        return Outcome(
            trial.number,
            end,
            course.epochs,
            course.best_epoch,
            course.best_metrics,
            model.count_params(),
            order=trial.order,
        )

    def _epoch(self, order: Any) -> Mapping[str, float]:
        data, model = self._data, self._model
        chosen = [order[start : start + BATCH] for start in range(0, ROWS, BATCH)]
        model.reset_metrics()
        trained = model.train_function(iter([(data.x_train[rows], data.y_train[rows]) for rows in chosen]))
        trained = {name: float(value) for name, value in trained.items()}
        model.reset_metrics()
        validated = model.test_function(iter([(data.x_validation, data.y_validation)]))
        return {**trained, **{f"val_{name}": float(value) for name, value in validated.items()}}


@cache
def initial_weights(initializer: str, width: int, seed: int) -> Sequence[Any]:
    """Of a Keras model with two hidden layers, for the tiny classes."""
    data, layers = prepared(), Layers(depth=2, width=width, initializer=initializer)
    model = build_mlp(
        Hyperparameters(layers=layers), features=data.features, outputs=data.outputs, task=data.task, seed=seed
    )
    weights: Sequence[Any] = model.get_weights()
    return weights


class KeptStepTrainer(Trainer):
    """One `KeptStep` for each optimizer."""

    def train(self, jobs: JobSource, data: Mapping[DataKey, Prepared], observer: Observer) -> Iterator[Outcome]:
        kept: dict[str, KeptStep] = {}
        while isinstance(trial := jobs.next(), Job):
            kind = trial.hyperparameters.optimizer.kind
            if kind not in kept:
                kept[kind] = KeptStep(trial, data[trial.data])
            yield kept[kind].train(trial, observer)


def every_combination() -> list[Job]:
    """Every optimizer with every schedule, each with two of the regularizers, 160 trials; all else goes round."""
    jobs = []
    for number, (half, curve, (kind, rate)) in enumerate(product((0, 2), CURVES, RATES.items())):
        penalties = PENALTIES[(half + number + number // len(RATES)) % len(PENALTIES)]
        epochs = 2 + number // 3 % 3
        momentum = MOMENTA[(number + number // 8) % len(MOMENTA)] if kind in OPTIMIZERS_WITH_MOMENTUM else None
        jobs.append(
            job(
                number,
                seed=number % 5,
                epochs=epochs,
                layers={"depth": 2, "width": 7, "activation": NAMES[number % len(NAMES)], **penalties},
                optimizer={"kind": kind, **rate},
                schedule=curve,
                momentum=momentum,
                **({"warmup": {"epochs": min(2, epochs - 1), "start_share": 0.3}} if number % 11 < 3 else {}),
                **({"plateau": {"patience": 1, "factor": 0.5, "min_delta": 0.03}} if number % 7 < 2 else {}),
                **({"early_stopping": {"patience": 1, "min_delta": 0.01}} if number % 5 == 0 else {}),
            )
        )
    return jobs


@pytest.fixture(scope="module")
def combined() -> Both:
    """Every combination, in 24 lanes."""
    expected = Expected(activations=tuple(NAMES), techniques=frozenset({"penalties"}))
    data = {MAIN_DATA: prepared()}
    return trained_twice(every_combination(), data, lanes=24, expected=expected, reference=KeptStepTrainer())


def test_the_tables_of_these_tests_are_complete() -> None:
    assert RATES.keys() == OPTIMIZERS.keys()
    assert {curve["kind"] for curve in CURVES} == set(LEARNING_RATE_SCHEDULES)
    assert {curve["kind"] for curve in MOMENTA if curve} == set(MOMENTUM_SCHEDULES)


def test_every_optimizer_with_every_schedule_and_the_regularizers_gives_the_numbers_of_keras(
    combined: Both, capsys: pytest.CaptureFixture[str]
) -> None:
    check_equal(combined, capsys)


def test_most_of_these_trials_began_in_the_midst_of_others(combined: Both) -> None:
    spans = [(each.order.first_epoch, each.order.first_epoch + each.epochs) for each in combined.ours.values()]
    begun_amidst = [first for first, _ in spans if any(start < first < end for start, end in spans)]
    assert len(begun_amidst) > 0.8 * len(spans)


def test_every_decision_is_what_the_trials_own_metrics_lead_to(combined: Both) -> None:
    reduced, ends = 0, set()
    for number, trial in combined.jobs.items():
        course, end = Course(trial), None
        for result in combined.lanes.of(number):
            assert end is None
            course.begin_epoch()
            assert (result.learning_rate, result.momentum) == (course.learning_rate, course.momentum)
            course.end_epoch(result.metrics)
            end = course.end(Verdict.GO_ON)
            plain = replace(trial, hyperparameters=trial.hyperparameters.model_copy(update={"plateau": None}))
            curve = plain.hyperparameters.learning_rate_schedule("minimize")
            reduced += isinstance(curve, Curve) and result.learning_rate < curve.value(result.epoch)
        outcome = combined.ours[number]
        assert (outcome.end, outcome.epochs, outcome.best_epoch) == (end, course.epochs, course.best_epoch)
        ends.add(end)
    assert ends == {End.FINISHED, End.STOPPED_EARLY}
    assert reduced > 10


# Whole fits, in which everything goes round that the product keeps equal.


OWN: Mapping[str, Mapping[str, Any]] = {
    "sgd": {"momentum": 0.8, "nesterov": True},
    "rmsprop": {"rho": 0.8, "momentum": 0.5, "epsilon": 1e-4},
    "adam": {"beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-3},
    "nadam": {"beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-4},
    "adamax": {"beta_1": 0.7, "beta_2": 0.9, "epsilon": 1e-4},
    "adamw": {"weight_decay": 0.3, "beta_2": 0.9},
    "adagrad": {"initial_accumulator": 0.0, "epsilon": 1e-3},
    "adadelta": {"rho": 0.8, "epsilon": 1e-4},
}
"""Settings of each optimizer that are not Keras' own."""


def rotating() -> list[Job]:
    """Each optimizer with settings of its own; depths, odd widths, activations and initializers go round."""
    jobs = []
    for number, (kind, rate) in enumerate(RATES.items()):
        layers = {
            "depth": 1 + number % 2,
            "width": (5, 8, 1, 7)[number % 4],
            "activation": NAMES[number],
            "initializer": INITIALIZERS[number % len(INITIALIZERS)],
            **PENALTIES[number // 2 % 4],
        }
        jobs.append(
            job(
                number,
                seed=number,
                epochs=2 + number % 4,
                layers=layers,
                optimizer={"kind": kind, **rate, **OWN[kind]},
                schedule=CURVES[3 * number % len(CURVES)],
                plateau={"patience": 1, "factor": 0.3, "min_delta": 0.05} if number % 3 == 0 else None,
            )
        )
    return jobs


DATA: Mapping[DataKey, Prepared] = {
    MAIN_DATA: prepared(),
    "binary": prepared("binary"),
    "regression": prepared("regression"),
    "scaled": replace(prepared("regression"), target_scale=20.0),
}


def of_other_tasks(first: int) -> list[Job]:
    """Binary targets and numbers, both losses of numbers, a target in other units, and metrics of either direction."""
    layers = {"depth": 1, "width": 7, "l2": 0.01}
    adam = {"optimizer": {"kind": "adam", "learning_rate": 0.02}, "layers": layers}
    stated: Sequence[tuple[DataKey, str, Mapping[str, Any]]] = (
        ("binary", "val_log_loss", adam),
        ("binary", "val_accuracy", {"optimizer": {"kind": "sgd", "learning_rate": 0.3}, **PATIENT}),
        ("regression", "val_rmse", {**adam, "plateau": {"patience": 1, "min_delta": 0.5}}),
        ("scaled", "val_mae", {"loss": "mae", "optimizer": {"kind": "rmsprop", "learning_rate": 0.02}}),
        (MAIN_DATA, "val_accuracy", {"optimizer": {"kind": "nadam", "learning_rate": 0.03}, **PATIENT}),
    )
    return [
        replace(job(first + index, metric=metric, **{"layers": layers, **settings}), data=key)
        for index, (key, metric, settings) in enumerate(stated)
    ]


PATIENT: Mapping[str, Any] = {
    "epochs": 5,
    "plateau": {"patience": 1, "factor": 0.5},
    "early_stopping": {"patience": 2},
}


@pytest.mark.thorough
def test_whole_fits_of_every_kind_of_network_give_the_same_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    expected = Expected(widths=(8,), activations=tuple(NAMES), techniques=frozenset({"penalties"}))
    check_equal(trained_twice(rotating(), DATA, lanes=6, expected=expected), capsys)


def test_whole_fits_of_every_task_give_the_same_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    expected = Expected(widths=(8,), activations=("relu",), techniques=frozenset({"penalties"}))
    check_equal(trained_twice(of_other_tasks(0), DATA, lanes=6, expected=expected), capsys)


# Rows that count differently, and several numbers to predict.


def weighted(data: Prepared, share: float = 0.7, *, parts: Sequence[str] = ("train", "validation")) -> Prepared:
    """Rows with weights from 0 to 3, and 0 for all but a share of them."""
    draw = np.random.default_rng(8)
    named = {}
    for part in parts:
        rows = {"train": ROWS, "validation": VALIDATION_ROWS}[part]
        named[f"weights_{part}"] = (draw.uniform(0, 3, rows) * (draw.random(rows) < share)).astype(np.float32)
    return replace(data, **named)


def of_targets(targets: int) -> Prepared:
    """As many numbers to predict, of different units; the rows are those of the other data."""
    data = prepared("regression")
    y_train, y_validation = (
        np.stack([np.tanh(x[:, k]) - 0.5 * x[:, k + 1] for k in range(targets)], 1)
        for x in (data.x_train, data.x_validation)
    )
    return replace(data, y_train=y_train, y_validation=y_validation, target_scale=(20.0, 0.3, 1.0)[:targets])


WEIGHTED: Mapping[DataKey, tuple[Prepared, Mapping[str, Any]]] = {
    "classes": (weighted(prepared()), {}),
    "yes or no": (weighted(prepared("binary")), {"metric": "val_accuracy"}),
    "validation": (weighted(prepared(), parts=["validation"]), {}),
    # Most batches have a single row that counts, and some have none.
    "rare": (weighted(prepared(), 0.05, parts=["train"]), {}),
    "number": (weighted(replace(prepared("regression"), target_scale=20.0)), {"metric": "val_rmse"}),
    "two": (of_targets(2), {"metric": "val_rmse"}),
    "three": (of_targets(3), {"metric": "val_mae", "loss": "mae"}),
    "two weighted": (weighted(of_targets(2)), {"metric": "val_mae", "loss": "mae"}),
    "three weighted": (weighted(of_targets(3)), {"metric": "val_rmse"}),
}


@pytest.mark.thorough
def test_weighted_rows_and_several_targets_give_the_numbers_of_keras(capsys: pytest.CaptureFixture[str]) -> None:
    jobs, kinds = [], list(RATES.items())
    for number, (key, (_, settings)) in enumerate(WEIGHTED.items()):
        kind, rate = kinds[number % len(kinds)]
        layers = {"depth": 1 + number % 2, "width": 7, **PENALTIES[number % len(PENALTIES)]}
        stated = {"epochs": 3, "layers": layers, "optimizer": {"kind": kind, **rate}, **settings}
        jobs.append(replace(job(number, seed=number, **stated), data=key))
    data = {key: rows for key, (rows, _) in WEIGHTED.items()}
    check_equal(trained_twice(jobs, data, lanes=4, expected=Expected(techniques=frozenset({"penalties"}))), capsys)


def test_networks_of_fewer_layers_than_their_program_give_the_numbers_of_keras(
    capsys: pytest.CaptureFixture[str],
) -> None:
    kinds = ("sgd", "adam", "adamw", "rmsprop")
    names = ("sigmoid", "relu", "tanh", "softplus")
    jobs = [
        job(
            number,
            seed=number,
            epochs=2 + number % 2,
            layers={"depth": 1 + number % 3, "width": 5 + number, "activation": name, "l2": 1e-3},
            optimizer={"kind": kinds[number % len(kinds)], "learning_rate": 0.03},
        )
        for number, name in enumerate(names)
    ]
    expected = Expected(depths=(3,), widths=(8,), shallow=(3,), activations=names, techniques=frozenset({"penalties"}))
    check_equal(trained_twice(jobs, DATA, lanes=3, expected=expected), capsys)
