from __future__ import annotations

import json
import socket

import optuna
import pytest
from optuna.trial import TrialState, create_trial

from tuner.report.summary import summarize, summarize_trial
from tuner.search.owners import OWNER
from tuner.search.studies import StoredStudy

KEPT = {
    "best_epoch": 4,
    "metrics": {"loss": 0.9, "log_loss": 0.4, "val_log_loss": 0.5, "val_accuracy": 0.8, "val_loss": 0.9},
    "hyperparameters": {"epochs": 10},
    "versions": {"keras": "3.15.1"},
    "outcome": "finished",
    "seed": 7,
}


def stored(*trials, direction: str = "minimize", budget: int | None = 5) -> StoredStudy:
    study = optuna.create_study(study_name="digits", direction=direction)
    for trial in trials:
        study.add_trial(trial)
    return StoredStudy(study, "val_log_loss", budget)


def complete(value: float, **kept):
    return create_trial(value=value, user_attrs={**KEPT, **kept})


def in_state(state: TrialState, **settings):
    return create_trial(state=state, **settings)


def test_trials_are_counted_by_state():
    here = {OWNER: {"host": "another-machine", "pid": 1, "started": 0.0}}
    gone = {OWNER: {"host": socket.gethostname(), "pid": 2**22 + 1, "started": 0.0}}
    summary = summarize(
        stored(
            complete(1.0),
            in_state(TrialState.PRUNED, value=2.0),
            in_state(TrialState.FAIL),
            in_state(TrialState.WAITING),
            in_state(TrialState.RUNNING, system_attrs=here),
            in_state(TrialState.RUNNING, system_attrs=gone),
        )
    )
    counts = summary.trials
    assert (counts.total, counts.complete, counts.pruned, counts.failed) == (6, 1, 1, 1)
    # Nobody trains the last one any more, and it will be trained again.
    assert (counts.running, counts.waiting) == (1, 2)
    assert summary.state == "running"


@pytest.mark.parametrize(
    ("states", "budget", "state"),
    [
        ([], 2, "empty"),
        ([TrialState.PRUNED], 2, "stopped"),
        ([TrialState.PRUNED, TrialState.FAIL], 2, "stopped"),
        ([TrialState.PRUNED, TrialState.PRUNED], 2, "finished"),
        ([TrialState.PRUNED, TrialState.PRUNED], 1, "finished"),
        ([TrialState.PRUNED], None, "stopped"),
    ],
)
def test_a_study_is_finished_when_complete_and_pruned_trials_fill_its_budget(states, budget, state):
    trials = [in_state(each, value=1.0 if each is TrialState.PRUNED else None) for each in states]
    assert summarize(stored(*trials, budget=budget)).state == state


@pytest.mark.parametrize(("direction", "best"), [("minimize", 1), ("maximize", 2)])
def test_the_best_trial_is_complete_and_goes_by_the_direction(direction, best):
    trials = [complete(0.5), complete(0.25), complete(0.75), in_state(TrialState.PRUNED, value=0.0)]
    summary = summarize(stored(*trials, direction=direction))
    assert summary.best is not None
    assert summary.best.number == best
    assert summary.direction == direction


def test_without_a_complete_trial_there_is_no_best():
    assert summarize(stored(in_state(TrialState.PRUNED, value=0.1))).best is None


def test_a_best_value_of_zero_is_a_value():
    summary = summarize(stored(complete(0.0), complete(0.5)))
    assert summary.best is not None
    assert summary.best.number == 0


def test_a_trial_holds_its_validation_metrics_apart_from_what_else_is_kept():
    trial = summarize_trial(complete(0.5))
    assert (trial.state, trial.value, trial.epoch) == ("complete", 0.5, 4)
    assert trial.metrics == {"val_log_loss": 0.5, "val_accuracy": 0.8, "val_loss": 0.9}
    assert trial.hyperparameters == {"epochs": 10}
    assert trial.attributes == {"loss": 0.9, "log_loss": 0.4, "outcome": "finished", "seed": 7}


def test_a_trial_that_has_not_ended_shows_what_was_suggested():
    trial = in_state(
        TrialState.WAITING,
        params={"rate": 0.1},
        distributions={"rate": optuna.distributions.FloatDistribution(0, 1)},
    )
    assert summarize_trial(trial).hyperparameters == {"rate": 0.1}


def test_the_values_are_in_the_order_of_the_epochs():
    trial = in_state(TrialState.PRUNED, value=1.0, intermediate_values={10: 1.0, 9: 2.0})
    assert list(summarize_trial(trial).values) == [9, 10]


def test_the_plain_tree_has_the_promised_keys_and_is_json():
    tree = json.loads(json.dumps(summarize(stored(complete(0.5))).as_json()))
    assert list(tree) == ["study", "state", "metric", "direction", "budget", "trials", "best"]
    assert list(tree["trials"]) == ["total", "complete", "pruned", "failed", "running", "waiting"]
    assert list(tree["best"]) == ["number", "value", "epoch", "metrics", "hyperparameters"]
    assert summarize(stored()).as_json()["best"] is None
