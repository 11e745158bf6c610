"""The word around each epoch: that it begins, what it came to, and what is to become of the trial."""

from __future__ import annotations

import keras

from tuner.clock import Clock
from tuner.training.course import Course
from tuner.training.job import End, EpochResult
from tuner.training.trainer import Observer


class Reporting(keras.callbacks.Callback):  # type: ignore[misc]
    """Tells the observer of each epoch and its result, and stops when its verdict or the course says so.

    It stops by `stop_training`, not by an exception, so that every other callback still learns of the epoch's end and
    of the training's. It comes after all that change a result, so that what it reports is final.

    Attributes:
        end: how the trial ended; None as long as it goes on.
    """

    def __init__(self, number: int, observer: Observer, course: Course, *, clock: Clock) -> None:
        super().__init__()
        self.end: End | None = None
        self._number = number
        self._observer = observer
        self._course = course
        self._clock = clock
        self._began = clock()

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._observer.epoch_begins()
        self._began = self._clock()

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        result = EpochResult(
            number=self._number,
            epoch=epoch,
            metrics=dict(logs),
            learning_rate=self._course.learning_rate,
            momentum=self._course.momentum,
            seconds=self._clock() - self._began,
        )
        (verdict,) = self._observer.epoch_ended([result])
        self.end = self._course.end(verdict)
        # After the last epoch Keras ends by itself; elsewhere `stop_training` tells a user's callbacks of an early end.
        if self.end not in (None, End.FINISHED):
            self.model.stop_training = True
