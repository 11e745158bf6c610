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
from tests.contracts.trainer import prepared
from tests.search.fake_trainer import FakeTrainer, search, small_study
from tuner.search.samplers import SeededSampler
from tuner.search.studies import join_study
from tuner.search.trials import job_of
from tuner.study.definition import StudyDefinition
from tuner.study.load import load_study
from tuner.study.pruner_settings import NoPruner
from tuner.study.sampler_settings import RandomSampler, TpeSampler
from tuner.study.search_settings import SearchSettings
from tuner.training.job import Job

PROJECT = Path(tuner.__file__).parents[1]


class Spied(TPESampler):
    """Writes down which parameters each trial drew jointly, and which one by one."""

    joint: dict[int, set[str]]
    single: dict[int, set[str]]

    def sample_relative(self, study, trial, search_space):
        drawn = super().sample_relative(study, trial, search_space)
        self.joint[trial.number] |= drawn.keys()
        return drawn

    def sample_independent(self, study, trial, param_name, param_distribution):
        self.single[trial.number].add(param_name)
        return super().sample_independent(study, trial, param_name, param_distribution)


@pytest.fixture
def spied(monkeypatch: pytest.MonkeyPatch) -> type[Spied]:
    Spied.joint, Spied.single = defaultdict(set), defaultdict(set)
    monkeypatch.setattr(optuna.samplers, "TPESampler", Spied)
    return Spied


def digits() -> StudyDefinition:
    return load_study("digits", PROJECT)


def made_up(job: Job, epoch: int) -> float:
    chosen = job.hyperparameters
    return abs(math.log10(chosen.optimizer.learning_rate) + 2) + chosen.layers.dropout + 1 / (1 + epoch)


def test_every_parameter_of_the_digits_space_is_drawn_jointly_once_all_have_been_seen(memory, spied):
    search(memory, digits(), FakeTrainer(made_up), trials=50)
    trials = optuna.load_study(study_name="digits", storage=memory).get_trials()
    momentum = {"momentum.start", "momentum.maximum"}
    conditional = {*momentum, "optimizer.learning_rate"}
    assert {name for trial in trials[40:] for name in trial.params} >= conditional
    for trial in trials[40:]:
        assert not spied.single[trial.number]
        assert trial.params.keys() <= spied.joint[trial.number]
    # The condition is real: neither all trials have a momentum nor none.
    assert 0 < sum(momentum <= trial.params.keys() for trial in trials) < len(trials)


def test_without_groups_the_conditional_parameters_would_have_left_the_joint_model(memory):
    search(memory, digits(), FakeTrainer(made_up), trials=40)
    study = optuna.load_study(study_name="digits", storage=memory)
    ungrouped = TPESampler(multivariate=True, seed=1)
    trial = study.ask()
    stored = memory.get_trial(trial._trial_id)
    intersection = ungrouped.infer_relative_search_space(study, stored).keys()
    grouped = SeededSampler(TpeSampler(), 20)
    grouped.before_trial(study, stored)
    union = grouped.infer_relative_search_space(study, stored).keys()
    assert union - intersection >= {"momentum.start", "momentum.maximum", "optimizer.learning_rate"}


def test_what_does_not_apply_to_an_optimizer_is_not_suggested_for_it(memory):
    by_chance = replace(digits(), search=SearchSettings(sampler=RandomSampler(), pruner=NoPruner()))
    search(memory, by_chance, FakeTrainer(made_up), trials=60)
    found = defaultdict(set)
    for trial in optuna.load_study(study_name="digits", storage=memory).get_trials():
        found[trial.params["optimizer.kind"]] |= trial.params.keys()
    assert "momentum.start" in found["sgd"]
    assert "momentum.start" not in found["adagrad"]
    assert "optimizer.learning_rate" not in found["adadelta"]
    assert "optimizer.learning_rate" in found["adagrad"]


def test_the_sampler_finds_better_trials_than_chance_does(memory):
    search(memory, digits(), FakeTrainer(made_up), trials=50)
    values = [trial.value for trial in optuna.load_study(study_name="digits", storage=memory).get_trials()]
    by_chance, by_model = sorted(values[:10]), sorted(values[-20:])
    assert by_model[10] < by_chance[5]


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_each_trial_has_a_sampler_seed_of_its_own(memory, sampler):
    definition = small_study()
    settings = {"tpe": TpeSampler(startup_trials=100), "random": RandomSampler()}[sampler]
    study = optuna.create_study(storage=memory, sampler=SeededSampler(settings, definition.seed))
    rates = {study.ask().suggest_float("rate", 0.0, 1.0) for _ in range(20)}
    assert len(rates) == 20


def test_a_trials_suggestion_depends_on_its_number_and_not_on_who_asked_before():
    """Two workers never repeat one another, and a third that starts later goes on as they would have."""

    def rate(asked_before: int, workers: int) -> float:
        storage = optuna.storages.InMemoryStorage()
        samplers = [SeededSampler(RandomSampler(), 20) for _ in range(workers)]
        studies = [
            optuna.create_study(storage=storage, study_name="s", sampler=sampler, load_if_exists=True)
            for sampler in samplers
        ]
        for index in range(asked_before):
            studies[index % workers].ask().suggest_float("rate", 0.0, 1.0)
        return studies[-1].ask().suggest_float("rate", 0.0, 1.0)

    assert rate(5, 1) == rate(5, 2) == rate(5, 3)
    assert rate(5, 1) != rate(6, 1)


HASHED = """
import optuna
from tests.search.fake_trainer import search, small_study
optuna.logging.set_verbosity(optuna.logging.ERROR)
storage = optuna.storages.InMemoryStorage()
search(storage, small_study(), trials=15)
print([trial.params for trial in optuna.load_study(study_name="small", storage=storage).get_trials()])
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
