from __future__ import annotations

import json
import math

import optuna
import pytest
from sqlalchemy.engine import URL

from tests.cli.commands import SMALL, shown
from tests.search.fake_trainer import FakeTrainer
from tuner.search.storage import opened


@pytest.fixture
def searched(call):
    assert call("search", "--study", "small", "--quiet").exit_code == 0


@pytest.mark.usefixtures("searched")
class TestASearchedStudy:
    def test_json_holds_what_programs_were_promised(self, root):
        tree = shown(root)
        assert {"study", "state", "trials", "best"} <= tree.keys()
        assert (tree["study"], tree["state"]) == ("small", "finished")
        assert tree["trials"] == {"total": 3, "complete": 3, "pruned": 0, "failed": 0, "running": 0, "waiting": 0}
        best = tree["best"]
        assert list(best) == ["number", "value", "epoch", "metrics", "hyperparameters"]
        assert best["epoch"] == 2
        assert best["metrics"].keys() == {"val_log_loss", "val_accuracy"}
        assert best["hyperparameters"]["optimizer"]["kind"] in ("sgd", "adam")

    def test_the_summary_is_in_plain_words(self, call):
        out = call("show", "--study", "small").stdout
        assert "small (finished)" in out
        assert "3 of 3 finished: 3 complete, 0 pruned" in out
        assert ", at epoch 3" in out
        assert "val_accuracy" in out
        assert "  layers.width" in out

    def test_one_trial_has_its_curve_and_everything_kept_of_it(self, call):
        out = call("show", "--study", "small", "--trial", "1").stdout
        assert "1 (complete)" in out
        assert "values by epoch" in out
        assert "outcome" in out
        tree = json.loads(call("show", "--study", "small", "--trial", "1", "--json").stdout)
        assert tree["number"] == 1
        assert sorted(tree["values"]) == ["0", "1", "2"]
        assert tree["attributes"]["seed"] > 0
        assert tree["attributes"]["log_loss"] == pytest.approx(tree["value"] / 2)

    @pytest.mark.parametrize("number", ["3", "-1"])
    def test_a_trial_that_is_not_there_is_refused(self, refused, number):
        assert "they go from 0 to 2" in refused("show", "--study", "small", f"--trial={number}")

    def test_a_study_that_is_not_stored_is_named_with_the_nearest_one(self, refused):
        assert 'Did you mean "small"?' in refused("show", "--study", "smal")

    def test_a_study_may_be_shown_by_its_files_path(self, call):
        assert call("show", "--study", "studies/small.toml").exit_code == 0

    def test_a_stored_study_needs_no_file(self, call, root):
        (root / "studies" / "small.toml").unlink()
        assert "3 of 3 finished" in call("show", "--study", "small").stdout

    def test_studies_lists_files_and_stored_studies(self, call, root):
        (root / "studies" / "new.toml").write_text(SMALL.format(trials=3).replace('"small"', '"new"'))
        lines = call("studies").stdout.splitlines()
        assert lines[0].split() == ["study", "state", "trials", "best", "file"]
        assert lines[1].split() == ["new", "not", "started", "-", "-", "new.toml"]
        assert lines[2].split()[:5] == ["small", "finished", "3", "of", "3"]
        tree = json.loads(call("studies", "--json").stdout)
        assert [(each["study"], each["state"]) for each in tree] == [("new", "not started"), ("small", "finished")]

    def test_studies_of_others_do_no_harm(self, call, root):
        with opened(URL.create("sqlite", database=str(root / "tuner.db"))) as storage:
            two = optuna.create_study(storage=storage, study_name="two", directions=["minimize", "maximize"])
            two.add_trial(optuna.trial.create_trial(values=[1.0, 2.0]))
            one = optuna.create_study(storage=storage, study_name="one")
            one.add_trial(optuna.trial.create_trial(value=1.0))
        result = call("studies")
        assert result.exit_code == 0
        assert "one" in result.stdout
        assert call("show", "--study", "one").exit_code == 0
        assert call("show", "--study", "two").exit_code == 2

    def test_delete_asks_and_takes_no_for_an_answer(self, call, root):
        result = call("delete", "--study", "small", input="n\n")
        assert 'Delete the study "small" (3 trials, 3 of them complete)?' in result.output
        assert result.exit_code == 1
        assert shown(root)["trials"]["complete"] == 3

    def test_delete_warns_that_somebody_is_searching(self, call, root):
        with opened(URL.create("sqlite", database=str(root / "tuner.db"))) as storage:
            optuna.load_study(study_name="small", storage=storage).ask()
        assert "and 1 being trained right now" in call("delete", "--study", "small", input="n\n").output

    def test_delete_deletes_after_a_yes_and_leaves_the_file(self, call, refused, root):
        assert call("delete", "--study", "small", input="y\n").exit_code == 0
        assert 'no study "small"' in refused("show", "--study", "small")
        assert (root / "studies" / "small.toml").exists()

    def test_delete_need_not_ask(self, call, refused):
        assert call("delete", "--study", "small", "--yes").exit_code == 0
        assert 'no study "small"' in refused("delete", "--study", "small", "--yes")

    def test_a_worker_joins_a_study_that_is_there(self, call, root):
        assert call("search", "--study", "small", "--trials", "5", "--quiet").exit_code == 0
        with opened(URL.create("sqlite", database=str(root / "tuner.db"))) as storage:
            optuna.load_study(study_name="small", storage=storage).set_user_attr("tuner:trials_override", 7)
        result = call("worker", "--study", "small")
        assert result.exit_code == 0
        assert "7 of 7 finished" in result.stdout
        assert shown(root)["trials"]["total"] == 7


def test_a_worker_makes_no_study(refused, call, root):
    assert "there is no storage" in refused("worker", "--study", "small")
    assert not (root / "tuner.db").exists()
    (root / "studies" / "other.toml").write_text(SMALL.format(trials=1).replace('"small"', '"other"'))
    assert call("search", "--study", "other", "--quiet").exit_code == 0
    assert 'the storage has no study "small"; it has other' in refused("worker", "--study", "small")


@pytest.mark.parametrize("command", [("show", "--study", "small"), ("delete", "--study", "small"), ("dashboard",)])
def test_a_storage_that_is_not_there_is_not_made_by_looking_at_it(refused, root, command):
    assert "`tuner search --study NAME` makes it" in refused(*command)
    assert [path.name for path in root.iterdir()] == ["studies"]


def test_studies_without_a_storage_are_all_not_started(call, root):
    assert "not started" in call("studies").stdout
    assert [path.name for path in root.iterdir()] == ["studies"]


def test_there_may_be_no_studies_at_all(call, root):
    (root / "studies" / "small.toml").unlink()
    assert "There are no studies yet" in call("studies").stdout
    assert json.loads(call("studies", "--json").stdout) == []


def test_json_has_null_where_a_number_is_none(call, monkeypatch):
    """NaN is a word that JSON does not have, and most programs choke on it."""
    trainer = FakeTrainer(lambda job, epoch: math.nan if epoch == 1 else 1.0)
    monkeypatch.setattr("tuner.actions.search.HostedTrainer", lambda *arguments, **settings: trainer)
    call("search", "--study", "small", "--trials", "1", "--quiet")

    def no_constants(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    tree = json.loads(call("show", "--study", "small", "--trial", "0", "--json").stdout, parse_constant=no_constants)
    assert tree["values"] == {"0": 1.0, "1": None}
    assert tree["attributes"]["outcome"] == "diverged"
    summary = json.loads(call("show", "--study", "small", "--json").stdout, parse_constant=no_constants)
    assert summary["best"] is None
    assert summary["trials"]["pruned"] == 1
    assert "no complete trial yet" in call("show", "--study", "small").stdout


def test_what_was_searched_comes_first_also_for_one_kinds_own_settings(call, root):
    own = "sgd.nesterov = {{ choices = [true, false] }}\nlearning_rate = "
    text = SMALL.replace('["sgd", "adam"]', '["sgd"]').replace("learning_rate = ", own)
    (root / "studies" / "small.toml").write_text(text.format(trials=1))
    assert call("search", "--study", "small", "--quiet").exit_code == 0
    searched, fixed = call("show", "--study", "small").stdout.split("hyperparameters, fixed")
    assert "  optimizer.learning_rate" in searched
    assert "  optimizer.nesterov" in searched
    assert "learning_rate" not in fixed
    assert "nesterov" not in fixed
    assert "  batch_size" in fixed
