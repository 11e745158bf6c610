from __future__ import annotations

import math
import os
import subprocess
import sys
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import optuna
import pytest
from optuna.samplers import TPESampler

import tuner
from tests.contracts.small_tables import prepared
from tests.search.fake_trainer import FakeTrainer, search, small_study
from tuner.search.samplers import SeededSampler
from tuner.search.samplers.tpe import BatchTpeSampler
from tuner.search.studies import join_study
from tuner.search.trials import job_of
from tuner.study.definition import StudyDefinition
from tuner.study.load import load_study
from tuner.study.pruner_settings import NoPruner
from tuner.study.sampler_settings import RandomSampler, TpeSampler
from tuner.study.search_settings import SearchSettings
from tuner.training.job import Job

PROJECT = Path(tuner.__file__).parents[1]


class Spied:
    """Which parameters each trial drew jointly, and which one by one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.joint: dict[int, set[str]] = defaultdict(set)
        self.single: dict[int, set[str]] = defaultdict(set)
        relative, independent = BatchTpeSampler.sample_relative, BatchTpeSampler.sample_independent

        def sample_relative(sampler, study, trial, search_space):
            drawn = relative(sampler, study, trial, search_space)
            self.joint[trial.number] |= drawn.keys()
            return drawn

        def sample_independent(sampler, study, trial, name, distribution):
            self.single[trial.number].add(name)
            return independent(sampler, study, trial, name, distribution)

        monkeypatch.setattr(BatchTpeSampler, "sample_relative", sample_relative)
        monkeypatch.setattr(BatchTpeSampler, "sample_independent", sample_independent)


@pytest.fixture
def spied(monkeypatch: pytest.MonkeyPatch) -> Spied:
    return Spied(monkeypatch)


def digits() -> StudyDefinition:
    return load_study("digits", PROJECT)


def made_up(job: Job, epoch: int) -> float:
    chosen = job.hyperparameters
    return abs(math.log10(chosen.optimizer.learning_rate) + 2) + chosen.layers.dropout + 1 / (1 + epoch)


def test_every_parameter_of_the_digits_space_is_drawn_jointly_once_all_have_been_seen(storage, spied):
    search(storage, digits(), FakeTrainer(made_up), trials=50)
    trials = optuna.load_study(study_name="digits", storage=storage).get_trials()
    momentum = {"momentum.start", "momentum.maximum"}
    conditional = {*momentum, "optimizer.learning_rate"}
    assert {name for trial in trials[40:] for name in trial.params} >= conditional
    for trial in trials[40:]:
        assert not spied.single[trial.number]
        assert trial.params.keys() <= spied.joint[trial.number]
    # The condition is real: neither all trials have a momentum nor none.
    assert 0 < sum(momentum <= trial.params.keys() for trial in trials) < len(trials)


def test_without_groups_the_conditional_parameters_would_have_left_the_joint_model(storage):
    search(storage, digits(), FakeTrainer(made_up), trials=40)
    study = optuna.load_study(study_name="digits", storage=storage)
    ungrouped = TPESampler(multivariate=True, seed=1)
    trial = study.ask()
    stored = storage.get_trial(trial._trial_id)
    intersection = ungrouped.infer_relative_search_space(study, stored).keys()
    grouped = SeededSampler(TpeSampler(), 20)
    grouped.before_trial(study, stored)
    union = grouped.infer_relative_search_space(study, stored).keys()
    assert union - intersection >= {"momentum.start", "momentum.maximum", "optimizer.learning_rate"}


def test_what_does_not_apply_to_an_optimizer_is_not_suggested_for_it(storage):
    by_chance = replace(digits(), search=SearchSettings(sampler=RandomSampler(), pruner=NoPruner()))
    search(storage, by_chance, FakeTrainer(made_up), trials=60)
    found = defaultdict(set)
    for trial in optuna.load_study(study_name="digits", storage=storage).get_trials():
        found[trial.params["optimizer.kind"]] |= trial.params.keys()
    assert "momentum.start" in found["sgd"]
    assert "momentum.start" not in found["adagrad"]
    assert "optimizer.learning_rate" not in found["adadelta"]
    assert "optimizer.learning_rate" in found["adagrad"]


def test_the_sampler_finds_better_trials_than_chance_does(storage):
    search(storage, digits(), FakeTrainer(made_up), trials=50)
    values = [trial.value for trial in optuna.load_study(study_name="digits", storage=storage).get_trials()]
    by_chance, by_model = sorted(values[:10]), sorted(values[-20:])
    assert by_model[10] < by_chance[5]


HASHED = """
import optuna
from tests.search.samplers.histories import SPACE, grow
from tuner.search.samplers import SeededSampler
from tuner.study.sampler_settings import TpeSampler
optuna.logging.set_verbosity(optuna.logging.ERROR)
sampler = SeededSampler(TpeSampler(startup_trials=5), 20, SPACE)
print(grow(optuna.create_study(), lambda number: sampler, 30))
"""


def test_the_order_of_pythons_sets_changes_no_suggestion():
    answers = {
        subprocess.run(
            [sys.executable, "-c", HASHED],
            cwd=PROJECT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1


def test_a_handed_back_trial_keeps_what_was_suggested(storage):
    definition = small_study()
    study = join_study(storage, definition, prepared())
    trial = study.ask()
    first = job_of(trial, definition, "multiclass")
    storage.set_trial_state_values(trial._trial_id, optuna.trial.TrialState.WAITING)
    again = job_of(study.ask(), definition, "multiclass")
    assert again == first
