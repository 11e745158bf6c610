from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import pytest

from tests.contracts.trainer import Recorder, job
from tests.training.callbacks.networks import model
from tuner.training.callbacks import CourseDriver, Reporting
from tuner.training.course import Course
from tuner.training.job import End, EpochResult, Verdict

X = np.ones((6, 2), np.float32)
Y = np.ones((6, 1), np.float32)
EPOCHS = 5


class Probe(keras.callbacks.Callback):  # type: ignore[misc]
    """Writes down every call that it gets, and at the end whether the training was stopped."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        self.calls.append(f"epoch {epoch}")

    def on_train_end(self, logs: object = None) -> None:
        self.calls.append("stopped" if self.model.stop_training else "end")


class Measured(keras.callbacks.Callback):  # type: ignore[misc]
    """Puts a metric into the logs as if it had been measured."""

    def __init__(self, values: Sequence[float]) -> None:
        super().__init__()
        self._values = values

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        logs["val_rmse"] = self._values[epoch]


def reporting(observer: Recorder, **hyperparameters: Any) -> tuple[CourseDriver, Reporting]:
    optimizer = {"kind": "sgd", "learning_rate": 0.25, "momentum": 0.5}
    course = Course(job(7, metric="val_rmse", optimizer=optimizer, **{"epochs": EPOCHS, **hyperparameters}))
    ticks = itertools.count(0, 2)
    return CourseDriver(course), Reporting(7, observer, course, clock=lambda: float(next(ticks)))


@pytest.mark.parametrize(
    ("verdicts", "values", "hyperparameters", "end"),
    [
        ({(7, 1): Verdict.PRUNE}, [1.0] * EPOCHS, {}, End.PRUNED),
        ({(7, 1): Verdict.HAND_BACK}, [1.0] * EPOCHS, {}, End.HANDED_BACK),
        ({}, [1.0, math.nan, 1.0], {}, End.DIVERGED),
        ({}, [1.0] * EPOCHS, {"early_stopping": {"patience": 1}}, End.STOPPED_EARLY),
    ],
    ids=lambda value: value.value if isinstance(value, End) else "",
)
def test_every_callback_learns_of_the_last_epoch_and_of_the_end_when_a_training_is_stopped(
    verdicts: dict[tuple[int, int], Verdict], values: list[float], hyperparameters: dict[str, Any], end: End
) -> None:
    recorder = Recorder(verdicts)
    driver, last = reporting(recorder, **hyperparameters)
    before, after = Probe(), Probe()
    model().fit(X, Y, epochs=EPOCHS, callbacks=[before, Measured(values), driver, last, after], verbose=0)
    assert before.calls == after.calls == ["epoch 0", "epoch 1", "stopped"]
    assert last.end is end
    assert [result.epoch for result in recorder.results] == [0, 1]


def test_a_training_that_goes_to_its_last_epoch_is_not_said_to_be_stopped() -> None:
    driver, last = reporting(Recorder(), epochs=2)
    probe = Probe()
    model().fit(X, Y, epochs=2, callbacks=[probe, Measured([2.0, 1.0]), driver, last], verbose=0)
    assert probe.calls == ["epoch 0", "epoch 1", "end"]
    assert last.end is End.FINISHED


def test_a_result_says_what_the_epoch_was_trained_with_and_how_long_it_took() -> None:
    recorder = Recorder()
    driver, last = reporting(recorder)
    model().fit(X, Y, epochs=1, callbacks=[Measured([1.0]), driver, last], verbose=0)
    (result,) = recorder.results
    assert result == EpochResult(
        number=7, epoch=0, metrics=result.metrics, learning_rate=0.25, momentum=0.5, seconds=2.0
    )
    assert set(result.metrics) == {"loss", "val_rmse"}
    assert last.end is None


def test_what_a_callback_before_it_changes_in_the_logs_is_reported() -> None:
    class Doubling(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
            logs["doubled"] = 2 * logs["loss"]

    recorder = Recorder()
    driver, last = reporting(recorder)
    model().fit(X, Y, epochs=1, callbacks=[Measured([1.0]), Doubling(), driver, last], verbose=0)
    metrics = recorder.results[0].metrics
    assert metrics["doubled"] == 2 * metrics["loss"]
