"""The decisions of one trial between its epochs, the same in every trainer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from tuner.errors import HyperparameterError, listed
from tuner.study.metrics import Task, metrics_of
from tuner.training.job import End, Job, Verdict

REMEMBERED = (
    "epochs",
    "best_epoch",
    "best_metrics",
    "_learning_rate_state",
    "_metric",
    "_best_loss",
    "_best_loss_by_enough",
    "_waited",
)
"""The attributes of a course that matter between two epochs of a trial that goes on."""


def check_metric(job: Job, task: Task) -> None:
    """Whether the task has the metric that the job goes by.

    Raises:
        HyperparameterError: if it has not.
    """
    if job.metric not in metrics_of(task):
        raise HyperparameterError(
            f"must be {listed(metrics_of(task))} for a {task} target, but is {job.metric}", "metric"
        )


class Course:
    """One trial's way through its epochs: what each is trained with, which was the best, and when to end.

        course.begin_epoch()                         # then train with course.learning_rate and course.momentum
        if course.end_epoch(metrics): ...            # then keep the weights
        if end := course.end(verdict): ...           # then give back the weights that were kept

    The best epoch is the first with the best objective metric. For the patience an epoch counts as better only if it is
    so by more than `min_delta`.

    Attributes:
        epochs: how many have ended.
        learning_rate: of the present epoch.
        momentum: of the present epoch; None for an optimizer that has none.
        activation_noise, gradient_noise: standard deviations in the present epoch; None without noise. The second is
            without its decay from step to step.
        best_epoch: counted from 0; None before there is a finite objective metric.
        best_metrics: every metric after that epoch.
        diverged: whether a loss or an objective metric was infinite or not a number.
        stopped_early: whether the patience has run out.
    Source:
        keras.callbacks.EarlyStopping for the patience, tuner/schedules for what the epochs are trained with.
    """

    def __init__(self, job: Job) -> None:
        self.epochs = 0
        self.learning_rate = 0.0
        self.momentum: float | None = None
        self.activation_noise: float | None = None
        self.gradient_noise: float | None = None
        self.best_epoch: int | None = None
        self.best_metrics: Mapping[str, float] = {}
        self.diverged = False
        self.stopped_early = False
        self._job = job
        self._learning_rate_schedule = job.hyperparameters.learning_rate_schedule(job.direction)
        self._learning_rate_state = self._learning_rate_schedule.start()
        self._momentum_curve = job.hyperparameters.momentum_schedule()
        self._activation_noise_curve = job.hyperparameters.activation_noise_curve()
        self._gradient_noise_curve = job.hyperparameters.gradient_noise_curve()
        self._metric: float | None = None
        self._best_loss = math.inf
        self._best_loss_by_enough = math.inf
        self._waited = 0

    @classmethod
    def resumed(cls, job: Job, state: Mapping[str, Any]) -> Course:
        """A course that goes on where another one was.

        Args:
            job: the same trial.
            state: what `state` of the other one gave, possibly by way of JSON.
        Raises:
            KeyError, TypeError, ValueError: if it is no state of such a trial.
        """
        course = cls(job)
        for name in REMEMBERED:
            setattr(course, name, state[name])
        course._learning_rate_state = _in_types_of(course._learning_rate_schedule.start(), course._learning_rate_state)
        if course.over:
            raise ValueError(f"after {course.epochs} epochs the trial is over")
        return course

    def state(self) -> dict[str, Any]:
        """What it remembers between epochs, in plain values."""
        return {name: getattr(self, name) for name in REMEMBERED}

    @property
    def over(self) -> bool:
        """Whether the trial ends by itself: it has diverged, its patience has run out, or its last epoch has ended."""
        return self.diverged or self.stopped_early or self.epochs >= self._job.hyperparameters.epochs

    def begin_epoch(self) -> None:
        """Set what to train the next epoch with, from the schedules and the metric of the epoch before."""
        self.learning_rate, self._learning_rate_state = self._learning_rate_schedule.advance(
            self._learning_rate_state, self.epochs, self._metric
        )
        if self._momentum_curve is not None:
            self.momentum = self._momentum_curve.value(self.epochs)
        if self._activation_noise_curve is not None:
            self.activation_noise = self._activation_noise_curve.value(self.epochs)
        if self._gradient_noise_curve is not None:
            self.gradient_noise = self._gradient_noise_curve.value(self.epochs)

    def end_epoch(self, metrics: Mapping[str, float]) -> bool:
        """Take in what the epoch came to.

        Args:
            metrics: as in `EpochResult`; `loss` and the objective metric have to be there.
        Returns:
            Whether this epoch is the best so far.
        """
        self._metric = metrics[self._job.metric]
        if not (math.isfinite(metrics["loss"]) and math.isfinite(self._metric)):
            self.diverged = True
        loss = self._metric if self._job.direction == "minimize" else -self._metric
        best = math.isfinite(loss) and loss < self._best_loss
        if best:
            self._best_loss = loss
            self.best_epoch = self.epochs
            self.best_metrics = dict(metrics)
        self._be_patient(loss)
        self.epochs += 1
        return best

    def _be_patient(self, loss: float) -> None:
        early_stopping = self._job.hyperparameters.early_stopping
        if early_stopping is None:
            return
        if loss < self._best_loss_by_enough - early_stopping.min_delta:
            self._best_loss_by_enough = loss
            self._waited = 0
            return
        self._waited += 1
        if self._waited >= early_stopping.patience:
            self.stopped_early = True

    def end(self, verdict: Verdict) -> End | None:
        """How the trial ends after this epoch; None if it goes on.

        Diverging outweighs being pruned, and that the patience; in the last epoch, too. A trial that is over is not
        handed back: there would be nothing to go on with.
        """
        if self.diverged:
            return End.DIVERGED
        if verdict is Verdict.PRUNE:
            return End.PRUNED
        if self.stopped_early:
            return End.STOPPED_EARLY
        if self.over:
            return End.FINISHED
        return End.HANDED_BACK if verdict is Verdict.HAND_BACK else None


def _in_types_of(pattern: Any, plain: Any) -> Any:
    """A schedule's state as the schedule makes it: JSON turns named tuples into lists."""
    if not isinstance(pattern, tuple):
        return plain
    return type(pattern)(*map(_in_types_of, pattern, plain))
