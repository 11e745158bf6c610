"""A search by a metric and by the size of the network: what is stored of it, and what others read."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from tests.contracts.small_tables import prepared
from tests.search.fake_trainer import FakeLanes, FakeTrainer, better_with_time, loop_of, search, small_study
from tuner.errors import SearchError, StudyError
from tuner.report.summary import summarize
from tuner.search.objective import KerasObjective
from tuner.search.stop import StopReason, StopRequest
from tuner.search.studies import delete_stored, join_study, load_stored, stored_names
from tuner.study.definition import StudyDefinition
from tuner.training.job import MAIN_DATA, Job, Outcome
from tuner.training.trainer import Observer

SEVERAL = ["val_log_loss", "parameters", "nonzero_weights"]


def weights_of(job: Job) -> int:
    return 10 * job.hyperparameters.layers.width


@dataclass
class Measuring(FakeTrainer):
    """Knows how large a network is."""

    def _train(self, job: Job, observer: Observer) -> Outcome:
        outcome = super()._train(job, observer)
        return replace(outcome, parameters=weights_of(job) + 3, figures={"nonzero_weights": weights_of(job) / 2})


def sized(job: Job, epoch: int) -> float:
    """The larger the better, and the longer."""
    return better_with_time(job, epoch) + 4 / job.hyperparameters.layers.width


def several(sampler: Any = None, metric: Any = SEVERAL, **settings: Any) -> StudyDefinition:
    layers = {"depth": 1, "width": {"choices": [8, 16, 32, 64]}}
    return small_study(metric=metric, sampler=sampler, hyperparameters={"layers": layers}, **settings)


def of_optuna(storage: Any) -> optuna.Study:
    return optuna.load_study(study_name="small", storage=storage._backend)


def test_optuna_reads_every_value_and_the_front(storage):
    search(storage, several(), Measuring(sized), trials=20)
    study = of_optuna(storage)
    assert study.metric_names == SEVERAL
    assert [each.name for each in study.directions] == ["MINIMIZE"] * 3
    for trial in study.trials:
        width = int(trial.user_attrs["hyperparameters"]["layers"]["width"])
        best = trial.user_attrs["metrics"]["val_log_loss"]
        assert trial.values == [best, 10 * width + 3, 5 * width]
        assert trial.user_attrs["figures"] == {"nonzero_weights": 5 * width}
    front = {trial.number for trial in study.best_trials}
    # By two objectives that agree on everything each size has one trial in the front at most, and there are four.
    assert 2 <= len(front) <= 4
    summary = summarize(load_stored(storage, "small"))
    assert {trial.number for trial in summary.front} == front
    assert [trial.value for trial in summary.front] == sorted(trial.value for trial in summary.front)
    assert summary.best == summary.front[0]


@pytest.mark.parametrize(
    "sampler",
    [
        {"kind": "tpe", "startup_trials": 3},
        {"kind": "nsga2", "population_size": 4},
        "random",
        "qmc",
        {"kind": "gp", "startup_trials": 3},
    ],
    ids=str,
)
def test_samplers_go_by_several_objectives_past_their_first_trials(storage, sampler):
    if sampler != "random" and sampler != "qmc" and sampler["kind"] == "gp":
        pytest.importorskip("torch")
    search(storage, several(sampler), Measuring(sized), trials=12)
    assert [trial.state for trial in of_optuna(storage).trials] == [TrialState.COMPLETE] * 12


def test_a_grid_is_tried_to_its_end(storage):
    points = {
        "optimizer": {"kind": "sgd", "learning_rate": {"choices": [0.01, 0.1]}},
        "momentum": {"kind": "constant", "initial": 0.5},
    }
    layers = {"depth": 1, "width": {"choices": [8, 16]}}
    grid = small_study(metric=SEVERAL, sampler="grid", hyperparameters={**points, "layers": layers})
    search(storage, grid, Measuring(sized), trials=None)
    assert len(of_optuna(storage).trials) == 4


def test_a_search_that_was_stopped_suggests_what_one_in_one_go_would(storage):
    whole = replace(several(), name="whole")
    search(storage, whole, Measuring(sized), trials=14)
    for trials in (7, 14):
        search(storage, several(), Measuring(sized), trials=trials)
    [first, second] = [load_stored(storage, name).study.trials for name in ("whole", "small")]
    assert [trial.params for trial in first] == [trial.params for trial in second]


def test_many_are_asked_at_once(storage):
    @dataclass
    class MeasuringLanes(FakeLanes):
        def train(self, *arguments: Any) -> Any:
            for outcome in super().train(*arguments):
                yield replace(outcome, figures={"nonzero_weights": 7.0})

    search(storage, several(), MeasuringLanes(sized), trials=20, lanes=4)
    assert all(trial.values[1:] == [123, 7] for trial in of_optuna(storage).trials)


def test_no_trial_is_pruned(storage):
    strict = {"kind": "threshold", "upper": 0.0, "warmup_epochs": 0}
    search(storage, several(pruner=strict), Measuring(sized), trials=3)
    assert [trial.state for trial in of_optuna(storage).trials] == [TrialState.COMPLETE] * 3
    assert isinstance(join_study(storage, several(pruner=strict), prepared()).pruner, optuna.pruners.NopPruner)


@pytest.mark.parametrize("sampler", [{"kind": "tpe", "startup_trials": 2}, {"kind": "nsga2", "population_size": 2}])
def test_a_diverged_trial_is_pruned_without_values_and_the_search_goes_on(storage, sampler):
    def diverging(job: Job, epoch: int) -> float:
        return math.nan if job.number % 2 and epoch == 2 else sized(job, epoch)

    search(storage, several(sampler), Measuring(diverging), trials=14)
    trials = of_optuna(storage).trials
    diverged = [trial for trial in trials if trial.user_attrs["outcome"] == "diverged"]
    assert [trial.number for trial in diverged] == [1, 3, 5, 7, 9, 11, 13]
    for trial in diverged:
        assert (trial.state, trial.values, trial.intermediate_values) == (TrialState.PRUNED, None, {})
        assert trial.user_attrs["best_epoch"] == 1
    assert all(len(trial.intermediate_values) == 4 for trial in trials if trial not in diverged)
    assert summarize(load_stored(storage, "small")).trials.pruned == 7


def test_a_failed_trial_has_no_values_and_is_tried_again(storage):
    def error(job: Job) -> str | None:
        return "it broke" if job.number == 1 else None

    search(storage, several(), Measuring(sized, error), trials=4)
    trials = of_optuna(storage).trials
    assert [trial.state for trial in trials].count(TrialState.COMPLETE) == 4
    assert (trials[1].state, trials[1].values) == (TrialState.FAIL, None)


def test_a_trainer_that_does_not_measure_an_objective_is_found_out(storage):
    with pytest.raises(SearchError, match="has not measured nonzero_weights of trial 0"):
        search(storage, several(), FakeTrainer(sized), trials=1)


def test_target_and_patience_go_by_the_first_objective(storage):
    stop = StopRequest()
    search(storage, several(budget={"target": 1e9}), Measuring(sized), trials=9, stop=stop)
    assert stop.reason is StopReason.TARGET_REACHED
    assert len(of_optuna(storage).trials) == 1


def test_progress_tells_the_best_by_the_first_objective_and_the_size_of_the_front(storage):
    loop = search(storage, several(), Measuring(sized), trials=8)
    progress, study = loop.progress(), of_optuna(storage)
    assert progress.front == len(study.best_trials)
    assert progress.best_value == min(trial.values[0] for trial in study.trials)
    assert search(storage, small_study("plain"), trials=3).progress().front == 0


def test_what_is_repeated_takes_over_all_values(storage):
    few = {"optimizer": {"kind": "sgd", "learning_rate": 0.01}, "momentum": {"kind": "constant", "initial": 0.5}}
    layers = {"depth": 1, "width": {"choices": [8, 16]}}
    definition = small_study(metric=SEVERAL, hyperparameters={**few, "layers": layers})
    trainer = Measuring(sized)
    search(storage, definition, trainer, trials=6)
    assert len(trainer.jobs) == 2
    assert all(len(trial.values) == 3 for trial in of_optuna(storage).trials)


def test_a_stored_study_is_found_shown_and_deleted_while_a_foreign_one_is_left_alone(storage):
    optuna.create_study(storage=storage, study_name="foreign", directions=["minimize", "maximize"])
    search(storage, several(), Measuring(sized), trials=2)
    assert stored_names(storage) == ["small"]
    delete_stored(storage, "small")
    assert stored_names(storage) == []


@pytest.mark.parametrize(("before", "after"), [("val_log_loss", SEVERAL), (SEVERAL, "val_log_loss")])
def test_other_objectives_are_another_study(storage, before, after):
    search(storage, several(metric=before), Measuring(sized), trials=1)
    with pytest.raises(StudyError, match=r"search\.metric: was .*, now "):
        loop_of(storage, several(metric=after))


def test_an_objective_for_optunas_own_loop_has_one_value():
    with pytest.raises(StudyError, match="several objectives are for `tuner search`"):
        KerasObjective(several(), prepared())


def test_one_trials_time_over_leaves_it_without_values(storage):
    ticks = iter(range(10_000))
    definition = several(budget={"trial_time": "3s"})
    loop = loop_of(storage, definition, trials=2, clock=lambda: float(next(ticks)))
    loop.run(Measuring(sized), {MAIN_DATA: prepared()})
    trials = of_optuna(storage).trials
    assert {trial.user_attrs["outcome"] for trial in trials} == {"out of time"}
    assert all(trial.values is None for trial in trials)
