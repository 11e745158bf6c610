"""What a search does with data that are not those of the study's first trial, and with folds."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from sqlalchemy.engine import URL

from tests.search.fake_trainer import FakeTrainer
from tuner.actions.joining import joined
from tuner.actions.search import search
from tuner.actions.show import show_trial, stored_studies
from tuner.errors import StudyError
from tuner.search.watcher import Watcher
from tuner.study.read import read_study


class Heard(Watcher):
    def __init__(self):
        self.remarks = []

    def remark(self, text):
        self.remarks.append(text)


@pytest.fixture
def write(tmp_path):
    def write(rows=60, seed=0, classes=("no", "yes")):
        random = np.random.default_rng(seed)
        lines = [f"{random.normal():.3f},{row % 5},{classes[row % len(classes)]}" for row in range(rows)]
        (tmp_path / "t.csv").write_text("a,b,y\n" + "\n".join(lines) + "\n")

    return write


@pytest.fixture
def start(tmp_path):
    def start(trials=2, watcher=None, **data):
        tree = {
            "data": {"path": "t.csv", "target": "y", **data},
            "hyperparameters": {
                "epochs": 4,
                "optimizer": {"kind": "sgd", "learning_rate": {"low": 1e-4, "high": 0.3, "log": True}},
            },
            "search": {"pruner": "none"},
        }
        definition = read_study(tree, source="small.toml", stem="small")
        url = URL.create("sqlite", database=str(tmp_path / "trials.db"))
        return search(definition, root=tmp_path, storage=url, trials=trials, trainer=FakeTrainer(), watcher=watcher)

    return start


def names(tmp_path):
    return sorted(each.study for each in stored_studies(f"sqlite:///{tmp_path / 'trials.db'}"))


def test_changed_data_are_refused_by_default_and_the_error_says_what_else_there_is(write, start):
    write()
    start()
    write(seed=1)
    with pytest.raises(StudyError, match=r"have changed since its first trial.*on_data_change.*new_study.*continue"):
        start()


def test_a_new_study_of_the_day_takes_the_changed_data(write, start, tmp_path):
    write()
    start(on_data_change="new_study")
    write(seed=1)
    heard = Heard()
    assert start(on_data_change="new_study", watcher=heard).summary.study == f"small@{date.today().isoformat()}"
    assert names(tmp_path) == ["small", f"small@{date.today().isoformat()}"]
    assert any("the data have changed since the first trial" in remark for remark in heard.remarks)


def test_going_on_with_changed_data_says_so_each_time(write, start):
    write()
    start(on_data_change="continue")
    write(seed=1)
    for trials in (3, 4):
        heard = Heard()
        assert start(trials, on_data_change="continue", watcher=heard).summary.trials.complete == trials
        assert any("earlier trials do not quite compare" in remark for remark in heard.remarks)


def test_what_to_do_with_changed_data_is_no_part_of_what_a_study_means(write, start):
    write()
    start(on_data_change="new_study")
    assert start(3).summary.trials.complete == 3


def test_a_class_with_too_few_rows_is_remarked_on(write, start, tmp_path):
    write()
    with (tmp_path / "t.csv").open("a") as file:
        file.write("0.5,1,once\n")
    heard = Heard()
    start(watcher=heard)
    assert any('too few rows of class "once"' in remark for remark in heard.remarks)


def test_each_trial_is_trained_on_every_fold_of_every_repetition(write, start, tmp_path):
    write()
    assert start(folds=3, repeats=2).summary.trials.complete == 2
    trial = show_trial("small", 0, storage=f"sqlite:///{tmp_path / 'trials.db'}")
    assert len(trial.attributes["member_values"]) == 6
    assert trial.attributes["spread"] >= 0


def test_members_train_on_the_rows_that_others_are_validated_on(write, tmp_path):
    write()
    tree = {"data": {"path": "t.csv", "target": "y", "folds": 3, "repeats": 2}, "hyperparameters": {"epochs": 2}}
    definition = read_study(tree, source="small.toml", stem="small")
    url = URL.create("sqlite", database=str(tmp_path / "trials.db"))
    with joined(definition, root=tmp_path, storage=url, trials=None) as entry:
        every = entry.trained_on
    assert len(every) == 6
    for data in every.values():
        assert len(data.x_train) + len(data.x_validation) == 48
    assert len({data.x_validation.tobytes() for data in every.values()}) == 6


def test_repetitions_without_folds_share_one_split(write, tmp_path):
    write()
    tree = {"data": {"path": "t.csv", "target": "y", "repeats": 3}, "hyperparameters": {"epochs": 2}}
    url = URL.create("sqlite", database=str(tmp_path / "trials.db"))
    with joined(read_study(tree, source="s", stem="s"), root=tmp_path, storage=url, trials=None) as entry:
        assert len(entry.trained_on) == 3
        assert len({id(data) for data in entry.trained_on.values()}) == 1
