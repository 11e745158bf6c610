"""A trial in a lane, or on its way into one."""

from __future__ import annotations

from dataclasses import dataclass

from tuner.lanes.arrays import Arrays
from tuner.lanes.coefficients import FRESH, Memory
from tuner.lanes.state import LaneState, from_arrays, to_arrays
from tuner.training.checkpoint import Checkpoint
from tuner.training.course import Course
from tuner.training.job import DataOrder, Job


@dataclass(eq=False)
class LaneTrial:
    """A job that is trained in a lane.

    Attributes:
        job: the job.
        course: what it decides between epochs.
        began: when the trainer got it; if it goes on, so much earlier as it had taken before.
        memory: what its optimizer remembers beside its slots.
        order: in which it sees the rows; None before a fresh one has a lane.
        state: what its lane is filled with; None for a fresh network, and once it has a lane.
        parameters: trainable numbers of its network; None before it has a lane.
    """

    job: Job
    course: Course
    began: float
    memory: Memory = FRESH
    order: DataOrder | None = None
    state: LaneState | None = None
    parameters: int | None = None

    @classmethod
    def resumed(cls, job: Job, checkpoint: Checkpoint, own: Arrays, now: float) -> LaneTrial:
        """A trial that goes on.

        Args:
            job: the job.
            checkpoint: from `checkpoint`.
            own: its network's arrays.
            now: on the trainer's clock.
        Raises:
            KeyError, TypeError, ValueError: if the checkpoint is of another trial.
        """
        return cls(
            job,
            Course.resumed(job, checkpoint.course),
            began=now - checkpoint.seconds,
            memory=Memory(**checkpoint.memory),
            order=checkpoint.order,
            state=from_arrays(checkpoint.arrays, own),
        )

    def checkpoint(self, state: LaneState, now: float) -> Checkpoint:
        """How far it has come.

        Args:
            state: of its lane.
            now: on the trainer's clock.
        """
        assert self.order is not None
        return Checkpoint(
            self.order, now - self.began, self.course.state(), to_arrays(state), dict(self.memory._asdict())
        )

    @property
    def next_order(self) -> DataOrder | None:
        """The order of a trial that begins together with the next epoch of this one; None while any will do."""
        return None if self.order is None else self.order.later(self.course.epochs)
