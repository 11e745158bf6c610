"""A lane program and the trials in its lanes."""

from __future__ import annotations

from dataclasses import dataclass, field

from tuner.clock import Clock
from tuner.data.prepared import Prepared
from tuner.lanes.arrays import arrays_of
from tuner.lanes.coefficients import step_coefficients
from tuner.lanes.lane_settings import Network
from tuner.lanes.program import LaneProgram
from tuner.training.job import DataOrder, EpochResult
from tuner.training.lane_trial import LaneTrial
from tuner.training.mixup import shares_of
from tuner.training.orders import permutation


@dataclass(eq=False)
class Crew:
    """A program and the trials in its lanes, which see the rows in one order.

    Attributes:
        program: the program.
        prepared: what it trains on.
        order: in which a trial sees the rows that begins with the next epoch.
        trials: by lane.
        waiting: trials that get a lane at the next epoch's start.
    """

    program: LaneProgram
    prepared: Prepared
    order: DataOrder
    trials: dict[int, LaneTrial] = field(default_factory=dict)
    waiting: list[LaneTrial] = field(default_factory=list)

    @property
    def busy(self) -> int:
        """How many trials there are."""
        return len(self.trials) + len(self.waiting)

    def suits(self, trial: LaneTrial) -> bool:
        """Whether a trial would see the rows in its own order; one that is fresh, or a crew of such, is not bound."""
        bound = self.trials or any(other.order is not None for other in self.waiting)
        return not bound or trial.order is None or trial.next_order == self.order

    def take(self, trial: LaneTrial) -> None:
        """Let a trial wait for a lane."""
        self.order = trial.next_order or self.order
        self.waiting.append(trial)

    def epoch(self, clock: Clock) -> list[tuple[int, EpochResult]]:
        """Fill the lanes that are free, train and measure all of them.

        Returns:
            Each busy lane with its result.
        """
        began = clock()
        self._take_in()
        coefficients, steps, noise, mixing = {}, {}, {}, {}
        for lane, trial in self.trials.items():
            course = trial.course
            course.begin_epoch()
            steps[lane] = trial.memory.steps
            if alpha := trial.job.hyperparameters.inputs.mixup:
                mixing[lane] = shares_of(alpha, trial.job.seed, course.epochs, self.program.steps)
            noise[lane] = course.activation_noise or 0.0, course.gradient_noise or 0.0
            coefficients[lane], trial.memory = step_coefficients(
                trial.job.hyperparameters.optimizer,
                course.learning_rate,
                course.momentum,
                trial.memory,
                self.program.steps,
            )
        order = permutation(self.order, 0, len(self.prepared.x_train))
        trained = self.program.train(order, coefficients, steps, noise, mixing)
        self.order = self.order.later(1)
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
        if self.program.room_for(self.busy) != self.program.room:
            kept = sorted(self.trials)
            moved = {lane: self.trials[old] for lane, old in enumerate(kept)}
            self.program.arrange(kept, self.busy)
            self.trials = moved
        free = [lane for lane in range(self.program.room) if lane not in self.trials]
        taken_in = dict(zip(free, self.waiting, strict=False))
        if not taken_in:
            return
        networks, states = {}, {}
        for lane, trial in taken_in.items():
            chosen, signature = trial.job.hyperparameters, self.program.signature
            trial.order = trial.order or self.order
            trial.parameters = arrays_of(chosen, features=signature.features, outputs=signature.outputs).trained
            networks[lane] = Network(chosen, trial.job.seed)
            if trial.state is not None:
                states[lane], trial.state = trial.state, None
        self.program.fill(networks, states)
        self.waiting = []
        self.trials.update(taken_in)

    def free(self, lane: int) -> None:
        """A trial has ended."""
        del self.trials[lane]
        self.program.empty(lane)

    def dismiss(self) -> list[LaneTrial]:
        """Take out every trial."""
        trials = [*self.trials.values(), *self.waiting]
        self.trials, self.waiting = {}, []
        return trials
