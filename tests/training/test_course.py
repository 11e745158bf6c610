"""A trial's decisions between its epochs, with metrics from outside; nothing is trained here."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.contracts.trainer import job
from tests.schedules.test_plateau import SIXTEENTHS, drawn_by_keras
from tuner.errors import HyperparameterError
from tuner.hyperparameters import Direction
from tuner.schedules import Constant, Plateau
from tuner.training.course import Course, check_metric
from tuner.training.job import End, Verdict

LONG = 100
"""More epochs than any test goes through."""

STOPPING = {"patience": 1}


def course(*, direction: Direction = "minimize", epochs: int = LONG, **hyperparameters: Any) -> Course:
    return Course(replace(job(metric="val_rmse", epochs=epochs, **hyperparameters), direction=direction))


def take(taken: Course, values: Sequence[float], *, loss: float = 1.0) -> int:
    """Lead a course through one epoch for each value of the metric, until it is over; how many it took."""
    for value in values:
        taken.begin_epoch()
        taken.end_epoch({"loss": loss, "val_rmse": value})
        if taken.over:
            break
    return taken.epochs


def test_the_epochs_are_trained_with_what_the_schedules_say() -> None:
    taken = course(
        optimizer={"kind": "sgd", "learning_rate": 0.4},
        schedule={"kind": "iir", "alpha": 0.5},
        momentum={"kind": "rise", "start": 0.5, "maximum": 0.6, "step": 0.08},
    )
    for rate, momentum in [(0.4, 0.5), (0.2, 0.58), (0.1, 0.6)]:
        taken.begin_epoch()
        assert taken.learning_rate == pytest.approx(rate)
        assert taken.momentum == pytest.approx(momentum)
        taken.end_epoch({"loss": 1.0, "val_rmse": 1.0})


def test_the_plateau_is_told_the_objective_of_the_epoch_before() -> None:
    taken = course(optimizer={"kind": "sgd", "learning_rate": 1.0}, plateau={"patience": 1, "factor": 0.5})
    assert rates(taken, [3.0, 2.0, 2.0, 1.0]) == [1.0, 1.0, 1.0, 0.5]


def test_without_a_momentum_none_is_set() -> None:
    taken = course(optimizer={"kind": "adagrad"})
    taken.begin_epoch()
    assert taken.momentum is None


def test_the_first_of_the_best_epochs_is_kept_with_its_metrics() -> None:
    taken = course()
    best = [taken.end_epoch({"loss": 1.0, "val_rmse": value}) for value in [3.0, 1.0, 2.0, 1.0]]
    assert best == [True, True, False, False]
    assert taken.best_epoch == 1
    assert taken.best_metrics == {"loss": 1.0, "val_rmse": 1.0}


def test_the_metrics_of_the_best_epoch_are_a_copy() -> None:
    taken, metrics = course(), {"loss": 1.0, "val_rmse": 1.0}
    taken.end_epoch(metrics)
    metrics["val_rmse"] = 2.0
    assert taken.best_metrics["val_rmse"] == 1.0


def test_a_metric_can_be_better_upwards() -> None:
    taken = course(direction="maximize")
    take(taken, [3.0, 5.0, 4.0])
    assert taken.best_epoch == 1


def test_what_is_not_finite_is_never_best() -> None:
    for direction in ("minimize", "maximize"):
        taken = course(direction=direction)
        assert not any(taken.end_epoch({"loss": 1.0, "val_rmse": value}) for value in [math.nan, -math.inf, math.inf])
        assert taken.best_epoch is None
        assert taken.best_metrics == {}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_an_objective_that_is_not_finite_is_a_divergence(value: float) -> None:
    taken = course()
    assert take(taken, [1.0, value, 1.0]) == 2
    assert taken.diverged


def test_a_loss_that_is_not_finite_is_a_divergence() -> None:
    taken = course()
    assert take(taken, [1.0, 1.0], loss=math.nan) == 1
    assert taken.diverged


def test_an_epoch_whose_loss_alone_is_not_finite_can_be_the_best() -> None:
    taken = course()
    take(taken, [1.0], loss=math.inf)
    assert taken.best_epoch == 0


def test_large_but_finite_numbers_are_no_divergence() -> None:
    taken = course()
    assert take(taken, [1e30, 1e35]) == 2
    assert not taken.diverged


@pytest.mark.parametrize(
    ("patience", "min_delta", "values", "ran"),
    [
        (2, 0.0, [5.0, 4.0, 4.0, 4.0, 1.0], 4),
        (2, 0.5, [5.0, 4.8, 4.6, 1.0], 3),
        (3, 0.5, [5.0, 4.8, 4.4, 4.4, 4.4, 4.4, 0.0], 6),
        (1, 0.0, [5.0, 4.0, 3.0], 3),
    ],
)
def test_the_patience_ends_after_so_many_epochs_without_a_betterment(
    patience: int, min_delta: float, values: list[float], ran: int
) -> None:
    for direction, sign in (("minimize", 1), ("maximize", -1)):
        taken = course(direction=direction, early_stopping={"patience": patience, "min_delta": min_delta})
        assert take(taken, [sign * value for value in values]) == ran
        assert taken.stopped_early is (ran < len(values))


def test_an_epoch_that_is_better_by_less_than_min_delta_is_still_the_best() -> None:
    taken = course(early_stopping={"patience": 9, "min_delta": 1.0})
    take(taken, [5.0, 4.9, 4.8])
    assert taken.best_epoch == 2


# A first epoch that is not a number is left out: Keras takes it for the best there will ever be. For us the trial has
# diverged then and is over, as it is at any later one; the decisions are compared beyond that.
METRICS = st.builds(
    lambda first, others: [first, *others],
    SIXTEENTHS,
    st.lists(st.one_of(SIXTEENTHS, SIXTEENTHS, SIXTEENTHS, st.just(math.nan)), min_size=20, max_size=40),
)
DIRECTIONS = st.sampled_from(["minimize", "maximize"])
MIN_DELTAS = st.sampled_from([0.0, 1 / 16, 1 / 4])


def rates(taken: Course, values: Sequence[float]) -> list[float]:
    """The learning rates of as many epochs as there are values of the metric."""
    drawn = []
    for value in values:
        taken.begin_epoch()
        drawn.append(taken.learning_rate)
        taken.end_epoch({"loss": 1.0, "val_rmse": value})
    return drawn


@settings(max_examples=30)
@given(
    st.fixed_dictionaries(
        {
            "patience": st.integers(1, 3),
            "factor": st.sampled_from([0.5, 0.1]),
            "cooldown": st.integers(0, 2),
            "min_delta": MIN_DELTAS,
            "minimum": st.sampled_from([0.0, 2.0**-5]),
        }
    ),
    DIRECTIONS,
    METRICS,
)
def test_the_plateau_of_a_course_decides_as_that_of_keras(
    plateau: dict[str, Any], direction: Direction, metrics: list[float]
) -> None:
    ours = course(direction=direction, optimizer={"kind": "sgd", "learning_rate": 0.5}, plateau=plateau)
    theirs = Plateau(curve=Constant(initial=0.5), direction=direction, **plateau)
    assert rates(ours, metrics) == pytest.approx(drawn_by_keras(theirs, metrics), rel=1e-12)


def ended_by_keras(stopping: Mapping[str, Any], direction: Direction, metrics: Sequence[float]) -> int | None:
    """How many epochs Keras' own callback lets pass; None if it never stops."""
    import keras

    callback = keras.callbacks.EarlyStopping("val_rmse", mode=direction[:3], **stopping)
    model = SimpleNamespace(stop_training=False)
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, metric in enumerate(metrics):
        callback.on_epoch_end(epoch, {"val_rmse": metric})
        if model.stop_training:
            return epoch + 1
    return None


def ended_by_us(stopping: Mapping[str, Any], direction: Direction, metrics: Sequence[float]) -> int | None:
    taken = course(direction=direction, early_stopping=stopping)
    for metric in metrics:
        taken.end_epoch({"loss": 1.0, "val_rmse": metric})
        if taken.stopped_early:
            return taken.epochs
    return None


@settings(max_examples=80)
@given(st.fixed_dictionaries({"patience": st.integers(1, 8), "min_delta": MIN_DELTAS}), DIRECTIONS, METRICS)
@example({"patience": 3, "min_delta": 0.0}, "minimize", [1.0] * 20)
@example({"patience": 3, "min_delta": 0.0}, "maximize", [1.0, math.nan, 2.0, math.nan, math.nan, 2.0, 3.0])
@example({"patience": 2, "min_delta": 1 / 16}, "minimize", [1.0, 15 / 16, 14 / 16, 13 / 16, 12 / 16])
def test_the_patience_decides_epoch_by_epoch_as_that_of_keras(
    stopping: dict[str, Any], direction: Direction, metrics: list[float]
) -> None:
    assert ended_by_us(stopping, direction, metrics) == ended_by_keras(stopping, direction, metrics)


def test_a_trial_goes_on_until_its_last_epoch_has_ended() -> None:
    taken = course(epochs=3)
    ends = []
    for _ in range(3):
        assert not taken.over
        take(taken, [1.0])
        ends.append(taken.end(Verdict.GO_ON))
    assert taken.over
    assert ends == [None, None, End.FINISHED]


@pytest.mark.parametrize(
    ("values", "hyperparameters", "verdict", "end"),
    [
        ([1.0], {}, Verdict.PRUNE, End.PRUNED),
        ([1.0], {}, Verdict.HAND_BACK, End.HANDED_BACK),
        ([1.0, 1.0], {"early_stopping": STOPPING}, Verdict.GO_ON, End.STOPPED_EARLY),
        # Diverging outweighs the observer's verdict, and that the patience.
        ([1.0, math.nan], {"early_stopping": STOPPING}, Verdict.GO_ON, End.DIVERGED),
        ([1.0, math.nan], {"early_stopping": STOPPING}, Verdict.PRUNE, End.DIVERGED),
        ([math.nan], {}, Verdict.HAND_BACK, End.DIVERGED),
        ([1.0, 1.0], {"early_stopping": STOPPING}, Verdict.PRUNE, End.PRUNED),
        # A trial that is over is not handed back.
        ([1.0], {"epochs": 1}, Verdict.HAND_BACK, End.FINISHED),
        ([1.0, 1.0], {"early_stopping": STOPPING}, Verdict.HAND_BACK, End.STOPPED_EARLY),
        # In the last epoch all else counts as in any other.
        ([1.0], {"epochs": 1}, Verdict.PRUNE, End.PRUNED),
        ([1.0, 1.0], {"epochs": 2, "early_stopping": STOPPING}, Verdict.GO_ON, End.STOPPED_EARLY),
        ([math.nan], {"epochs": 1}, Verdict.GO_ON, End.DIVERGED),
    ],
)
def test_a_trial_ends_by_the_weightiest_of_its_reasons(
    values: list[float], hyperparameters: dict[str, Any], verdict: Verdict, end: End
) -> None:
    taken = course(**hyperparameters)
    take(taken, values)
    assert taken.end(verdict) is end


@settings(max_examples=100)
@given(
    st.lists(SIXTEENTHS, min_size=1, max_size=12),
    st.integers(0, 11),
    st.sampled_from(["minimize", "maximize"]),
    st.booleans(),
)
@example([5.0, math.inf, 5.0], 1, "minimize", True)
def test_a_course_that_goes_on_from_its_state_decides_as_if_nothing_had_happened(
    metrics: list[float], cut: int, direction: Direction, with_plateau: bool
) -> None:
    plateau = {"patience": 1, "factor": 0.5, "cooldown": 1, "min_delta": 1 / 16} if with_plateau else None
    stated = {"plateau": plateau, "early_stopping": {"patience": 3}, "schedule": {"kind": "linear"}}
    trial = replace(job(metric="val_rmse", epochs=LONG, **stated), direction=direction)

    def walk(interrupted: bool) -> list[Any]:
        taken, told = Course(trial), []
        for epoch, metric in enumerate(metrics):
            taken.begin_epoch()
            best = taken.end_epoch({"loss": 1 / 3, "val_rmse": metric})
            told.append((taken.learning_rate, taken.momentum, best, taken.state(), taken.end(Verdict.GO_ON)))
            if taken.over:
                break
            if interrupted and epoch == cut:
                taken = Course.resumed(trial, json.loads(json.dumps(taken.state())))
        return told

    assert walk(interrupted=True) == walk(interrupted=False)


def test_what_is_no_state_of_the_trials_course_is_refused() -> None:
    taken = course(epochs=2, plateau={"patience": 1})
    take(taken, [1.0])
    trial, state = taken._job, taken.state()
    with pytest.raises(KeyError):
        Course.resumed(trial, {name: value for name, value in state.items() if name != "best_epoch"})
    with pytest.raises(TypeError):
        Course.resumed(trial, {**state, "_learning_rate_state": [1, 2]})
    with pytest.raises(ValueError, match="after 2 epochs the trial is over"):
        Course.resumed(trial, {**state, "epochs": 2})


def test_a_metric_that_the_task_has_not_is_an_error() -> None:
    check_metric(job(metric="val_rmse"), "regression")
    with pytest.raises(HyperparameterError, match=r"metric must be val_log_loss, .* for a binary target"):
        check_metric(job(metric="val_rmse"), "binary")


def test_a_course_needs_neither_keras_nor_numpy() -> None:
    script = "import sys, tuner.training.course; sys.exit(bool({'keras', 'tensorflow', 'numpy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
