"""What a stored study has come to, as plain values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from tuner.search.front import first_value, front_of
from tuner.search.owners import is_lost
from tuner.search.studies import StoredStudy
from tuner.study.objectives import Objective

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
        value: the objective metric at its best epoch; of a pruned trial the last one reported, if it is kept.
        epoch: its best epoch, counted from 0.
        metrics: every validation metric at that epoch.
        hyperparameters: the whole configuration; of a trial that has not ended, what was suggested.
        parameters: what was suggested, by its name in the storage.
        attributes: what else is kept of it.
        values: the objective metric after each epoch.
        objectives: its value by each of several objectives, by name; empty if there is one.
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
    objectives: Mapping[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The trial as a plain tree."""
        tree = asdict(self)
        if not self.objectives:
            del tree["objectives"]
        return tree


@dataclass(frozen=True)
class StudySummary:
    """One stored study.

    Attributes:
        study: its name.
        state: finished, running (somebody trains a trial of it at the moment), stopped or empty.
        metric, direction: the objective, and which way it is better; of several the first.
        budget: the total of finished trials that its last search went by; None if there was no limit.
        trials: how many are in which state.
        best: the best complete trial; None if there is none.
        objectives: everything that it goes by, the metric first.
        front: by several objectives, the complete trials that no other one beats, the best metric first.
    """

    study: str
    state: str
    metric: str
    direction: str
    budget: int | None
    trials: TrialCounts
    best: TrialSummary | None = field(default=None)
    objectives: tuple[Objective, ...] = ()
    front: tuple[TrialSummary, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The summary as a plain tree; the best trial, and those of the front, without their curves."""
        tree = asdict(self)
        kept = ("number", "objectives", "epoch", "metrics", "hyperparameters")
        tree["front"] = [{name: trial[name] for name in kept} for trial in tree["front"]]
        if len(self.objectives) < 2:
            del tree["objectives"], tree["front"]
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
    objectives = stored.objectives
    minimize = objectives[0].direction == "minimize"
    complete = [trial for trial in trials if trial.state is TrialState.COMPLETE and trial.values]
    best = min(complete, key=lambda trial: (first_value(trial) or 0.0) * (1 if minimize else -1), default=None)
    front = front_of(complete, objectives) if len(objectives) > 1 else []
    return StudySummary(
        study=stored.study.study_name,
        state=_state(counts, stored.trials),
        metric=stored.metric,
        direction="minimize" if minimize else "maximize",
        budget=stored.trials,
        trials=counts,
        best=None if best is None else summarize_trial(best, objectives),
        objectives=objectives,
        front=tuple(summarize_trial(trial, objectives) for trial in front),
    )


def summarize_trial(trial: FrozenTrial, objectives: Sequence[Objective] = ()) -> TrialSummary:
    """One trial as plain values.

    Args:
        trial: of a stored study.
        objectives: what its values are of; one need not be told.
    """
    kept = trial.user_attrs
    return TrialSummary(
        number=trial.number,
        state=trial.state.name.lower(),
        value=first_value(trial),
        epoch=kept.get("best_epoch"),
        metrics={name: value for name, value in kept.get("metrics", {}).items() if name.startswith("val_")},
        hyperparameters=kept.get("hyperparameters", trial.params),
        parameters=trial.params,
        attributes={
            **{name: value for name, value in kept.get("metrics", {}).items() if not name.startswith("val_")},
            **{name: value for name, value in kept.items() if name not in OWN_ATTRIBUTES},
        },
        values=dict(sorted(trial.intermediate_values.items())),
        objectives=_by_name(trial, objectives) if len(objectives) > 1 else {},
    )


def _by_name(trial: FrozenTrial, objectives: Sequence[Objective]) -> dict[str, float]:
    return {each.name: value for each, value in zip(objectives, trial.values or (), strict=False)}


def _state(counts: TrialCounts, budget: int | None) -> str:
    if counts.running:
        return "running"
    if budget is not None and counts.complete + counts.pruned >= budget:
        return "finished"
    return "stopped" if counts.total else "empty"
