"""The Pareto front of a study with several objectives: the trials that no other one beats in all of them."""

from __future__ import annotations

from collections.abc import Sequence

from optuna.study import StudyDirection
from optuna.study._multi_objective import _get_pareto_front_trials_by_trials
from optuna.trial import FrozenTrial

from tuner.study.objectives import Objective

DIRECTIONS = {"minimize": StudyDirection.MINIMIZE, "maximize": StudyDirection.MAXIMIZE}


def front_of(trials: Sequence[FrozenTrial], objectives: Sequence[Objective]) -> list[FrozenTrial]:
    """The trials than which none is at least as good in every objective and better in one; the best metric first.

    Args:
        trials: complete ones, and others, which are passed over.
        objectives: what their values are of.
    """
    front = _get_pareto_front_trials_by_trials(trials, [DIRECTIONS[each.direction] for each in objectives])
    sign = 1 if objectives[0].direction == "minimize" else -1
    return sorted(front, key=lambda trial: (sign * trial.values[0], trial.number))


def first_value(trial: FrozenTrial) -> float | None:
    """A trial's value by the first objective, which is the only one as a rule; None if it has none."""
    return trial.values[0] if trial.values else None
