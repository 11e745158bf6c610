"""The members of a trial: the same hyperparameters, trained on each fold of the rows and repeated from other seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tuner.seeds import derive_seed
from tuner.training.job import DataOrder, Job, member_data


@dataclass(frozen=True)
class Member:
    """One of the trainings that a trial consists of.

    Attributes:
        repeat, fold: which, counted from 0.
    """

    repeat: int
    fold: int

    def __str__(self) -> str:
        return f"repeat {self.repeat}, fold {self.fold}"


def members_of(*, folds: int, repeats: int) -> tuple[Member, ...]:
    """All members of a trial, one repeat after another.

    Args:
        folds: how many parts the rows are cut into, each of which is validated on once; 1 for a single split.
        repeats: how often all of that is done.

    >>> [str(member) for member in members_of(folds=2, repeats=1)]
    ['repeat 0, fold 0', 'repeat 0, fold 1']
    """
    return tuple(Member(repeat, fold) for repeat in range(repeats) for fold in range(folds))


def member_job(job: Job, members: Sequence[Member], index: int) -> Job:
    """The job of one member of a trial, without a checkpoint.

    Its number is unique among the members of all jobs with unique numbers. The seeds of weights and of the order of
    rows are its own. The stream of the order is the trial's: all trials' members of one fold differ in nothing but
    the stream, so that lanes can let them share one.

    Args:
        job: the trial's.
        members: of every trial.
        index: which of them.
    """
    member = members[index]
    return replace(
        job,
        number=job.number * len(members) + index,
        seed=derive_seed(job.seed, "member", index),
        order=replace(job.order, seed=derive_seed(job.order.seed, "member", index)),
        data=member_data(job.data, member.repeat, member.fold),
        checkpoint=None,
    )


def trial_of(number: int, members: int) -> tuple[int, int]:
    """To which trial a member's job belongs, by its number, and which of so many members it is.

    >>> trial_of(17, members=5)
    (3, 2)
    """
    return divmod(number, members)


def trials_order(job: Job, order: DataOrder | None) -> DataOrder | None:
    """A member's order as the trial's, from which `member_job` makes the member's again."""
    return None if order is None else replace(order, seed=job.order.seed)


def trials_at_once(lanes: int, members: int) -> int:
    """How many trials so many lanes train at once; at least one, whose members then take turns.

    >>> trials_at_once(64, members=15), trials_at_once(4, members=5)
    (4, 1)
    """
    return max(1, lanes // members)


def lanes_for(lanes: int, members: int) -> int:
    """How many lanes to use out of so many: for whole trials only, because one that begins in part is pruned late.

    >>> lanes_for(64, members=15), lanes_for(4, members=5)
    (60, 5)
    """
    return trials_at_once(lanes, members) * members
