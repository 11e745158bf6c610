"""Searching somebody's own model by our own loop, into our own storage."""

from __future__ import annotations

import sqlite3
from typing import Any

import optuna
import pytest
from click.testing import CliRunner

from tests.contracts.small_tables import prepared
from tests.models.own_models import stacked, two_branches
from tests.search.fake_trainer import small_study
from tuner.actions.objective import KerasObjective, keras_objective
from tuner.actions.search import search
from tuner.actions.show import show, show_trial
from tuner.cli.main import main
from tuner.errors import SearchError, StudyError, StudyFileError
from tuner.report.words import in_words
from tuner.search.stop import StopReason, StopRequest
from tuner.search.watcher import Watcher

SPACE: dict[str, Any] = {
    "own": {"units": {"low": 4, "high": 16}, "cell": {"choices": ["gru", "lstm"]}},
    "optimizer": {"kind": "sgd", "learning_rate": {"low": 0.01, "high": 0.3, "log": True}},
    "plateau": {"patience": 1, "factor": 0.5},
    "epochs": 3,
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "studies").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TUNER_STORAGE", raising=False)
    return tmp_path


def objective(build: Any = stacked, space: Any = SPACE, **settings: Any) -> KerasObjective:
    return KerasObjective(build=build, space=space, data=prepared(), name="mine", **settings)


def tuner(*arguments: str) -> Any:
    return CliRunner().invoke(main, list(arguments))


def test_a_search_trains_it_until_the_budget_is_spent(project):
    end = search(objective(), trials=3)
    assert (end.stopped, end.summary.trials.complete + end.summary.trials.pruned) == (None, 3)
    assert set(end.summary.best.hyperparameters["own"]) == {"units", "cell"}
    assert (project / "tuner.db").exists()


def test_a_search_goes_on_where_it_left_off(project):
    search(objective(), trials=1)
    first = show_trial("mine", 0).values
    assert search(objective(), trials=2).summary.trials.complete == 2
    assert show_trial("mine", 0).values == first


def test_the_command_line_reports_it(project):
    search(objective(), trials=2)
    shown = tuner("show", "--study", "mine")
    assert shown.exit_code == 0, shown.output
    assert "own.units" in shown.output
    assert "own.cell" in shown.output
    assert "layers" not in shown.output
    assert tuner("show", "--study", "mine", "--trial", "1").exit_code == 0
    assert "mine" in tuner("studies").output


def test_a_trial_in_a_few_words_tells_its_own_settings(project):
    told = in_words(search(objective(), trials=1).summary.best.hyperparameters)
    assert told.startswith("units ")
    assert "plateau 1" in told


def test_another_space_under_the_same_name_is_refused(project):
    search(objective(), trials=1)
    with pytest.raises(StudyError, match=r"hyperparameters\.own\.units: was"):
        search(objective(space={**SPACE, "own": {"units": 3, "cell": "gru"}}), trials=2)


def test_a_study_file_of_the_same_name_is_refused(project):
    search(objective(), trials=1)
    (project / "studies" / "mine.toml").write_text('[data]\nbuiltin = "wine"\n[hyperparameters]\nepochs = 3\n')
    with pytest.raises(StudyError, match=r"hyperparameters\.own\.units: was"):
        search("mine", trials=2, trainer="fit")


def test_nothing_of_the_builder_is_stored(project):
    def a_builder_of_mine(*given: Any) -> Any:
        return stacked(*given)

    search(objective(a_builder_of_mine), trials=1)
    with sqlite3.connect(project / "tuner.db") as database:
        assert "a_builder_of_mine" not in "\n".join(database.iterdump())


class StopAfterOneEpoch(Watcher):
    """Asks for the end of a search as soon as an epoch has been reported."""

    def __init__(self) -> None:
        self.stop = StopRequest()

    def epoch_ended(self, *_: Any) -> None:
        self.stop.ask(StopReason.INTERRUPTED)


def test_a_trial_that_is_handed_back_goes_on_with_the_same_numbers(project):
    whole = KerasObjective(build=two_branches(), space=SPACE, data=prepared(), name="whole")
    search(whole, trials=1)
    watcher = StopAfterOneEpoch()
    end = search(objective(two_branches()), trials=1, stop=watcher.stop, watcher=watcher)
    assert end.stopped is StopReason.INTERRUPTED
    assert list(show_trial("mine", 0).values) == [0]
    search(objective(two_branches()), trials=1)
    assert show_trial("mine", 0).values == show_trial("whole", 0).values


def test_a_failing_builder_ends_the_search_with_its_message(project):
    def build(*_: Any) -> Any:
        raise ValueError("no such cell")

    with pytest.raises(SearchError, match="build raised ValueError: no such cell"):
        search(objective(build), trials=3)


def test_lanes_are_refused(project):
    for settings in ({"trainer": "lanes"}, {"lanes": 4}):
        with pytest.raises(SearchError, match="a model of your own is trained by fit"):
            search(objective(), trials=1, **settings)


def test_a_definition_without_its_builder_is_refused(project):
    with pytest.raises(StudyError, match="is of somebody's own model"):
        search(objective().definition, trials=1)


def test_each_trained_model_is_handed_over(project):
    kept: list[int] = []
    search(objective(keep_model=lambda job, model: kept.append(job.number)), trials=2)
    assert kept == [0, 1]


def test_a_study_lends_its_data_with_their_preprocessing_and_folds(project):
    definition = small_study(data={"builtin": "wine", "folds": 2})
    space = {**SPACE, "preprocessing": {"scaler": {"choices": ["minmax", "robust"]}}, "epochs": 1}
    given = keras_objective(definition, build=stacked, space=space)
    assert given.definition.name == "small-own"
    end = search(given, trials=1)
    assert len(show_trial("small-own", 0).attributes["member_values"]) == 2
    assert end.summary.best.hyperparameters["preprocessing"]["scaler"] in ("minmax", "robust")
    with pytest.raises(StudyError, match="folds and repeats are for"):
        optuna.create_study().optimize(given, n_trials=1)


def test_mistakes_in_the_space_come_before_the_data_are_read(project):
    with pytest.raises(StudyFileError, match=r"space\.layers is for the network that tuner builds"):
        keras_objective(small_study(data={"path": "none.csv", "target": "y"}), build=stacked, space={"layers": {}})


@pytest.mark.thorough
def test_an_objective_of_a_study_can_be_searched_too(project):
    definition = small_study(hyperparameters={"epochs": 1})
    end = search(keras_objective(definition), trials=1, trainer="fit")
    assert end.summary.trials.complete == 1


@pytest.mark.thorough
def test_the_command_line_reports_trials_of_optunas_own_optimize(project):
    given = objective()
    study = optuna.create_study(study_name="optunas", storage="sqlite:///tuner.db", direction=given.direction)
    study.optimize(given, n_trials=2)
    assert show("optunas").trials.complete == 2
    shown = tuner("show", "--study", "optunas")
    assert shown.exit_code == 0, shown.output
    assert "own.units" in shown.output
