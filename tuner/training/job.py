"""What goes into a trainer and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from tuner.hyperparameters import Direction, Hyperparameters
from tuner.study.forms import MAIN

DataKey = str
"""Names one prepared form of the data; searched scalers and folds give several."""

MAIN_DATA: DataKey = MAIN


def member_data(data: DataKey, repeat: int, fold: int) -> DataKey:
    """What one member of a trial trains on.

    Args:
        data: what the trial as a whole names.
        repeat, fold: of the member, counted from 0.

    >>> member_data("main", repeat=1, fold=3)
    'main/1.3'
    """
    return f"{data}/{repeat}.{fold}"


@dataclass(frozen=True)
class DataOrder:
    """In which order a trial sees the training rows: a stream of permutations, and where the trial came in.

    Attributes:
        seed: the study's seed.
        stream: number of the stream; trials that train in one program share one.
        first_epoch: the stream's epoch in which the trial's own epoch 0 took place.
    """

    seed: int
    stream: int
    first_epoch: int = 0

    def later(self, epochs: int) -> DataOrder:
        """The order of a trial that begins so many epochs later."""
        return replace(self, first_epoch=self.first_epoch + epochs)


@dataclass(frozen=True)
class Job:
    """One trial as a trainer sees it.

    Attributes:
        number: what the trial is called in results and outcomes; unique among the jobs of one search.
        hyperparameters: the network and its training.
        seed: from which initial weights and dropout follow.
        order: in which order to see the rows.
        metric: the objective metric, such as `val_log_loss`; plateau, early stopping and the best epoch go by it.
        direction: which way the metric is better.
        data: which prepared data to train on.
        checkpoint: path of the file to go on from, out of the outcome of the same job; None to begin. If nothing can be
            made of it the trial starts over.
        figures: what else to measure of the network once the trial is complete, out of `FIGURES`.
    """

    number: int
    hyperparameters: Hyperparameters
    seed: int
    order: DataOrder
    metric: str
    direction: Direction
    data: DataKey = MAIN_DATA
    checkpoint: str | None = None
    figures: tuple[str, ...] = ()


@dataclass(frozen=True)
class LaneUse:
    """How full a trainer of many trials was in one epoch.

    Attributes:
        busy: trials that were trained together in it, over all programs.
        room: trials for which those programs had lanes.
    """

    busy: int
    room: int


@dataclass(frozen=True)
class EpochResult:
    """What one epoch of one trial came to.

    Attributes:
        number: the job's number.
        epoch: counted from 0.
        metrics: training and validation metrics after the epoch: `loss` and `val_loss` as Keras has them (penalties
            included, a regression's target scaled), and each metric of the task as `log_loss` and `val_log_loss`, and
            so on, a regression's in the target's own unit. If the objective metric is made of all outputs, those of the
            task that are made of no more are there, too, of the validation rows alone.
        learning_rate: what the epoch was trained with.
        momentum: what the epoch was trained with; None for an optimizer that has none.
        seconds: wall time of the epoch, validation included.
        lanes: how full the trainer was; None for one that trains a trial at a time.
    """

    number: int
    epoch: int
    metrics: Mapping[str, float]
    learning_rate: float
    momentum: float | None
    seconds: float
    lanes: LaneUse | None = None


class Verdict(Enum):
    """What is to become of a trial after an epoch; one that has just ended by itself is not handed back."""

    GO_ON = "go on"
    PRUNE = "prune"
    HAND_BACK = "hand back"


class End(Enum):
    """How a trial ended."""

    FINISHED = "finished"
    STOPPED_EARLY = "stopped early"
    PRUNED = "pruned"
    DIVERGED = "diverged"
    HANDED_BACK = "handed back"
    FAILED = "failed"


COMPLETE = (End.FINISHED, End.STOPPED_EARLY)
"""How a trial ends that has a value."""


@dataclass(frozen=True)
class Outcome:
    """How a trial ended, and what it came to, also in the epochs before it was handed back.

    Attributes:
        number: the job's number.
        end: how it ended; an early end is no error.
        epochs: how many epochs were run.
        best_epoch: the epoch with the best objective metric, counted from 0; None if there is none.
        best_metrics: every metric after that epoch.
        parameters: trainable numbers of the network; None if it was never built.
        seconds: wall time of the trial.
        order: the order in which the rows were seen.
        error: what went wrong, for a failed trial.
        checkpoint: path of the file from which a trial that was handed back can go on; None without one. The trainer
            never deletes it.
        member_values: the objective metric of each member at the best epoch, in the order of the members; empty for a
            trial without members.
        figures: of a complete trial, what its job wants measured, of the best epoch's weights.
    """

    number: int
    end: End
    epochs: int = 0
    best_epoch: int | None = None
    best_metrics: Mapping[str, float] = field(default_factory=dict)
    parameters: int | None = None
    seconds: float = 0.0
    order: DataOrder | None = None
    error: str | None = None
    checkpoint: str | None = None
    member_values: tuple[float, ...] = ()
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Wait:
    """No job at the moment; ask again after a while."""

    seconds: float = 0.05


@dataclass(frozen=True)
class Done:
    """There will be no more jobs."""
