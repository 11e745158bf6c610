"""How far a study is, out of its trials."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from optuna.trial import FrozenTrial, TrialState

from tuner.search.front import first_value, front_of
from tuner.search.watcher import Progress
from tuner.study.objectives import Objective


def progress_of(trials: Sequence[FrozenTrial], total: int | None, objectives: Sequence[Objective]) -> Progress:
    """How far a study is, over all workers and runs.

    Args:
        trials: all of them.
        total: the budget of finished trials; None for no limit.
        objectives: what the study goes by.
    """
    states = Counter(trial.state for trial in trials)
    complete = [trial for trial in trials if trial.state is TrialState.COMPLETE and trial.values]
    sign = 1 if objectives[0].direction == "minimize" else -1
    best = min(complete, key=lambda trial: sign * (first_value(trial) or 0.0), default=None)
    return Progress(
        finished=states[TrialState.COMPLETE] + states[TrialState.PRUNED],
        total=total,
        pruned=states[TrialState.PRUNED],
        failed=states[TrialState.FAIL],
        running=states[TrialState.RUNNING],
        waiting=states[TrialState.WAITING],
        best_number=None if best is None else best.number,
        best_value=None if best is None else first_value(best),
        best_attributes={} if best is None else best.user_attrs,
        front=len(front_of(complete, objectives)) if len(objectives) > 1 else 0,
    )
