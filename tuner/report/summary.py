"""What a stored study has come to, as plain values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from tuner.search.owners import is_lost
from tuner.search.studies import StoredStudy

OWN_ATTRIBUTES = ("hyperparameters", "metrics", "versions", "best_epoch")
"""User attributes of a trial that have a place of their own in a summary."""


@dataclass(frozen=True)
class TrialCounts:
    """How many trials of a study are in which state.

    A diverged trial counts as pruned, and one whose process is gone as waiting, since it will be trained again.
    """

    total: int = 0
    complete: int = 0
    pruned: int = 0
    failed: int = 0
    running: int = 0
    waiting: int = 0


@dataclass(frozen=True)
class TrialSummary:
    """One trial.

    Attributes:
        number: its number in the study.
        state: complete, pruned, fail, running or waiting.
        value: the objective metric at its best epoch; of a pruned trial the last one reported.
        epoch: its best epoch, counted from 0.
        metrics: every validation metric at that epoch.
        hyperparameters: the whole configuration; of a trial that has not ended, what was suggested.
        parameters: what was suggested, by its name in the storage.
        attributes: what else is kept of it.
        values: the objective metric after each epoch.
    """

    number: int
    state: str
    value: float | None
    epoch: int | None
    metrics: Mapping[str, float]
    hyperparameters: Mapping[str, Any]
    parameters: Mapping[str, Any]
    attributes: Mapping[str, Any]
    values: Mapping[int, float]


@dataclass(frozen=True)
class StudySummary:
    """One stored study.

    Attributes:
        study: its name.
        state: finished, running (somebody trains a trial of it at the moment), stopped or empty.
        metric, direction: the objective, and which way it is better.
        budget: the total of finished trials that its last search went by; None if there was no limit.
        trials: how many are in which state.
        best: the best complete trial; None if there is none.
    """

    study: str
    state: str
    metric: str
    direction: str
    budget: int | None
    trials: TrialCounts
    best: TrialSummary | None = field(default=None)

    def as_json(self) -> dict[str, Any]:
        """The summary as a plain tree; the best trial without its curve."""
        tree = asdict(self)
        if self.best is not None:
            tree["best"] = {
                name: tree["best"][name] for name in ("number", "value", "epoch", "metrics", "hyperparameters")
            }
        return tree


def summarize(stored: StoredStudy) -> StudySummary:
    """What a stored study has come to."""
    trials = stored.study.get_trials(deepcopy=False)
    states = Counter(trial.state for trial in trials)
    lost = sum(trial.state is TrialState.RUNNING and is_lost(trial) for trial in trials)
    counts = TrialCounts(
        total=len(trials),
        complete=states[TrialState.COMPLETE],
        pruned=states[TrialState.PRUNED],
        failed=states[TrialState.FAIL],
        running=states[TrialState.RUNNING] - lost,
        waiting=states[TrialState.WAITING] + lost,
    )
    minimize = stored.study.direction is StudyDirection.MINIMIZE
    complete = [trial for trial in trials if trial.state is TrialState.COMPLETE and trial.value is not None]
    best = min(complete, key=lambda trial: (trial.value or 0.0) * (1 if minimize else -1), default=None)
    return StudySummary(
        study=stored.study.study_name,
        state=_state(counts, stored.trials),
        metric=stored.metric,
        direction="minimize" if minimize else "maximize",
        budget=stored.trials,
        trials=counts,
        best=None if best is None else summarize_trial(best),
    )


def summarize_trial(trial: FrozenTrial) -> TrialSummary:
    """One trial as plain values."""
    kept = trial.user_attrs
    return TrialSummary(
        number=trial.number,
        state=trial.state.name.lower(),
        value=trial.value,
        epoch=kept.get("best_epoch"),
        metrics={name: value for name, value in kept.get("metrics", {}).items() if name.startswith("val_")},
        hyperparameters=kept.get("hyperparameters", trial.params),
        parameters=trial.params,
        attributes={
            **{name: value for name, value in kept.get("metrics", {}).items() if not name.startswith("val_")},
            **{name: value for name, value in kept.items() if name not in OWN_ATTRIBUTES},
        },
        values=dict(sorted(trial.intermediate_values.items())),
    )


def _state(counts: TrialCounts, budget: int | None) -> str:
    if counts.running:
        return "running"
    if budget is not None and counts.complete + counts.pruned >= budget:
        return "finished"
    return "stopped" if counts.total else "empty"
