"""A Keras training on its course: the optimizer gets its values, and the model its best epoch's weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from tuner.models import set_activation_noise, set_gradient_noise, set_momentum
from tuner.training.course import Course


class CourseDriver(keras.callbacks.Callback):  # type: ignore[misc]
    """Tells the course of every epoch, sets what it says, and gives the best epoch's weights back when training ends.

    It does not end the training: that depends on the observer too, whom `Reporting` asks.

    Attributes:
        best: the best epoch's weights, as `get_weights` gives them; None before there is one.
    """

    def __init__(self, course: Course, best: Sequence[Any] | None = None) -> None:
        """Args: best: of the epochs that a course which goes on has behind it."""
        super().__init__()
        self.best = best
        self._course = course

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._course.begin_epoch()
        self.model.optimizer.learning_rate.assign(self._course.learning_rate)
        if self._course.momentum is not None:
            set_momentum(self.model.optimizer, self._course.momentum)
        if self._course.activation_noise is not None:
            set_activation_noise(self.model, self._course.activation_noise)
        if self._course.gradient_noise is not None:
            set_gradient_noise(self.model.optimizer, self._course.gradient_noise)

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        if self._course.end_epoch(logs):
            self.best = self.model.get_weights()

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        if self.best is not None:
            self.model.set_weights(self.best)
