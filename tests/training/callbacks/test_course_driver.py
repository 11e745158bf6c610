from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tests.contracts.trainer import job
from tests.training.callbacks.networks import model
from tuner.models import momentum_of
from tuner.training.callbacks import CourseDriver
from tuner.training.course import Course


def driver(**hyperparameters: Any) -> tuple[Course, CourseDriver]:
    course = Course(job(metric="val_rmse", **hyperparameters))
    callback = CourseDriver(course)
    callback.set_model(model())
    return course, callback


def test_the_optimizer_gets_what_the_course_says() -> None:
    course, callback = driver(
        optimizer={"kind": "sgd", "learning_rate": 0.4},
        schedule={"kind": "iir", "alpha": 0.5},
        momentum={"kind": "rise", "start": 0.5, "maximum": 0.6, "step": 0.08},
    )
    for epoch, (rate, momentum) in enumerate([(0.4, 0.5), (0.2, 0.58), (0.1, 0.6)]):
        callback.on_epoch_begin(epoch)
        assert float(callback.model.optimizer.learning_rate) == pytest.approx(rate)
        assert momentum_of(callback.model.optimizer) == pytest.approx(momentum)
        callback.on_epoch_end(epoch, {"loss": 1.0, "val_rmse": 1.0})
        assert course.epochs == epoch + 1


def test_an_optimizer_without_a_momentum_is_left_without_one() -> None:
    _, callback = driver(optimizer={"kind": "adagrad"})
    before = momentum_of(callback.model.optimizer)
    callback.on_epoch_begin(0)
    assert momentum_of(callback.model.optimizer) == before


def weights_after(values: list[float], best: float | None = None) -> list[float]:
    """The weights when a training ends whose weights are 0.0 in its first epoch, 1.0 in its second, and so on.

    With a best metric the training has gone on, and its best weights were all 7.0.
    """
    course, callback = driver()
    if best is not None:
        course.end_epoch({"loss": 1.0, "val_rmse": best})
        callback = CourseDriver(course, [np.full_like(array, 7) for array in model().get_weights()])
        callback.set_model(model())
    for epoch, value in enumerate(values):
        callback.on_epoch_begin(epoch)
        callback.model.set_weights([np.full_like(array, epoch) for array in callback.model.get_weights()])
        callback.on_epoch_end(epoch, {"loss": 1.0, "val_rmse": value})
    callback.on_train_end()
    return sorted({float(number) for array in callback.model.get_weights() for number in array.ravel()})


def test_the_weights_of_the_best_epoch_are_given_back_at_the_end() -> None:
    assert weights_after([2.0, 1.0, 3.0]) == [1.0]


@pytest.mark.parametrize(("best", "weights"), [(0.5, 7.0), (1.5, 1.0)])
def test_the_best_epoch_may_lie_before_the_training_went_on(best: float, weights: float) -> None:
    assert weights_after([2.0, 1.0, 3.0], best) == [weights]


def test_without_a_best_epoch_the_last_weights_stay() -> None:
    assert weights_after([math.nan, math.nan]) == [1.0]
