from __future__ import annotations

import json
import signal

import pytest

from tests.cli.commands import run, shown
from tuner.errors import StorageError

SEARCH = ("search", "--study", "small")


def test_a_search_says_in_plain_lines_what_happens_and_what_it_came_to(call, root):
    result = call(*SEARCH)
    assert result.exit_code == 0
    lines = result.stderr.splitlines()
    assert lines[0] == "small: 0 of 3 trials finished, searching for the best val_log_loss"
    assert [line.split("]")[0] for line in lines[1:4]] == ["[1 of 3", "[2 of 3", "[3 of 3"]
    assert "trial 0 finished after 3 epochs in 0.5 s, val_log_loss" in lines[1]
    assert "the best so far (1 x 8 relu, " in lines[1]
    assert lines[4] == "The budget of trials is spent; `--trials N` sets another."
    assert "3 of 3 finished: 3 complete, 0 pruned" in result.stdout
    assert "best trial" in result.stdout
    assert "optimizer.learning_rate" in result.stdout
    assert "\x1b" not in result.output
    assert (root / "tuner.db").is_file()


def test_a_pruned_trial_says_after_how_many_epochs(call, root):
    file = root / "studies" / "small.toml"
    file.write_text(file.read_text() + '\n[search.pruner]\nkind = "median"\nwarmup_epochs = 0\nstartup_trials = 1\n')
    result = call(*SEARCH, "--trials", "12")
    [line, *_] = [line for line in result.stderr.splitlines() if "pruned" in line]
    assert " pruned after 1 epoch in 0.5 s, val_log_loss " in line
    assert "the best so far" not in line


def test_a_second_search_goes_on_and_one_on_a_finished_study_says_so(call, root):
    assert call(*SEARCH, "--trials", "2").exit_code == 0
    assert shown(root)["trials"]["complete"] == 2
    assert call(*SEARCH, "--trials", "5").exit_code == 0
    again = call(*SEARCH)
    assert again.exit_code == 0
    assert "5 of 5 finished" in again.stdout
    assert again.stderr == "The budget of trials is spent; `--trials N` sets another.\n"
    assert shown(root)["trials"]["total"] == 5


def test_json_is_all_that_stands_on_the_standard_output(call):
    result = call(*SEARCH, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["trials"]["complete"] == 3
    assert "trial 2 finished" in result.stderr


def test_quiet_shows_nothing(call, root):
    result = call(*SEARCH, "--quiet")
    assert result.exit_code == 0
    assert result.output == ""
    assert shown(root)["trials"]["complete"] == 3


def test_a_study_may_be_named_by_its_file(call, root):
    assert call("search", "--study", str(root / "studies" / "small.toml"), "--root", str(root)).exit_code == 0
    assert shown(root)["trials"]["complete"] == 3


def test_the_root_may_be_another_than_the_working_directory(call, root, tmp_path_factory, monkeypatch):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.chdir(elsewhere)
    assert call(*SEARCH, "--root", str(root)).exit_code == 0
    monkeypatch.setenv("TUNER_ROOT", str(root))
    assert "3 of 3 finished" in call("show", "--study", "small").stdout
    assert list(elsewhere.iterdir()) == []


def test_a_time_limit_is_wall_time_of_this_run(call, refused):
    assert call(*SEARCH, "--time", "1h").exit_code == 0
    assert "--time" in refused(*SEARCH, "--time", "soon")


def test_a_worker_whose_time_is_over_leaves_at_once(call, refused, root):
    result = call("worker", "--study", "small", "--until", "2026-11-21T03:00:00+01:00")
    assert (result.exit_code, result.stderr) == (3, "The time was over at 2026-11-21T03:00:00+01:00.\n")
    assert not (root / "tuner.db").exists()
    for moment in ("soon", "2126-11-21T02:00:00"):
        assert "--until" in refused("worker", "--study", "small", "--until", moment)


def test_a_worker_goes_by_its_moment_and_not_by_the_studys_usual_time(call, root):
    file = root / "studies" / "small.toml"
    file.write_text(file.read_text().replace("[budget]\n", '[budget]\ntime = "1s"\n'))
    call(*SEARCH, "--trials", "1", "--time", "1h")
    worker = ("worker", "--study", "small", "--until")
    assert call(*worker, "2126-11-21T02:00:00Z", env={"FAKE_EPOCH_SECONDS": "0.4"}).exit_code == 0


def test_a_project_that_cannot_be_written_to_is_said_to_keep_no_progress(call, root, tmp_path_factory):
    storage = f"sqlite:///{tmp_path_factory.mktemp('elsewhere') / 'trials.db'}"
    (root / ".tuner").write_text("")
    result = call(*SEARCH, "--storage", storage)
    assert result.exit_code == 0
    assert f"cannot be kept ({root / '.tuner'}: Not a directory): they will start over" in result.stderr


def test_who_waits_for_a_storage_can_be_asked_to_leave(call, monkeypatch):
    def wait(url, seconds, *, note, give_up):
        assert seconds == 300
        assert not give_up()
        signal.raise_signal(signal.SIGTERM)
        assert give_up()
        raise StorageError("no server answers there")

    monkeypatch.setattr("tuner.search.reaching.wait_until_reachable", wait)
    assert call(*SEARCH).exit_code == 75


def test_a_search_that_fails_says_why_and_exits_with_one(call, monkeypatch, root):
    from tests.search.fake_trainer import FakeTrainer

    broken = FakeTrainer(error=lambda job: "no such device")
    monkeypatch.setattr("tuner.actions.search.HostedTrainer", lambda *arguments, **settings: broken)
    result = call(*SEARCH, "--trials", "20")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == "10 trials in a row failed; the last one: no such device"
    assert "Traceback" not in result.output
    assert shown(root)["trials"]["running"] == 0


# What cannot be.


def test_an_unknown_study_is_named_with_the_nearest_one(refused, root):
    said = refused("search", "--study", "smal")
    assert 'there is no study "smal"' in said
    assert 'Did you mean "small"?' in said
    assert not (root / "tuner.db").exists()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("name = ", "is no TOML"),
        ("trials = 3", "hyperparameters is missing"),
        ("[data]\nbuiltin = 'wine'\n[hyperparameters]\nepochs = { low = 9, high = 3 }", "hyperparameters.epochs"),
        ("[data]\nbuiltin = 'wine'\n[hyperparameters]\nepochs = 3\n[search]\nmetric = 'val_acuracy'", "val_accuracy"),
        ("[data]\nbuiltin = 'wine'\n[hyperparameters]\nepochs = 3\n[search]\nmetric = 'val_rmse'", "search.metric"),
    ],
    ids=["no TOML", "nothing to search", "an impossible range", "an unknown metric", "another task's metric"],
)
def test_a_study_file_with_a_mistake_is_refused_before_anything_is_written(refused, root, text, found):
    (root / "studies" / "broken.toml").write_text(text)
    said = refused("search", "--study", "broken")
    assert found in said
    assert "broken.toml" in said
    assert not (root / "tuner.db").exists()


def test_a_metric_that_only_the_data_can_refuse_is_refused_before_anything_is_written(refused, root):
    (root / "table.csv").write_text("a,b,y\n" + "".join(f"{i},{i % 7},{i * 0.37:.3f}\n" for i in range(60)))
    (root / "studies" / "table.toml").write_text(
        "[data]\npath = 'table.csv'\ntarget = 'y'\n[hyperparameters]\nepochs = 3\n[search]\nmetric = 'val_accuracy'\n"
    )
    assert "search.metric" in refused("search", "--study", "table")
    assert not (root / "tuner.db").exists()


def test_missing_data_are_named_and_nothing_is_written(refused, root):
    (root / "studies" / "table.toml").write_text(
        "[data]\npath = 'nowhere.csv'\ntarget = 'y'\n[hyperparameters]\nepochs = 3\n"
    )
    assert "nowhere.csv" in refused("search", "--study", "table")
    assert not (root / "tuner.db").exists()


@pytest.mark.parametrize("trials", ["0", "-1", "many"])
def test_a_budget_that_cannot_be_is_refused(refused, trials):
    assert "--trials" in refused(*SEARCH, "--trials", trials)


def test_a_changed_study_is_refused_with_the_difference(call, refused, root):
    call(*SEARCH)
    file = root / "studies" / "small.toml"
    file.write_text(file.read_text().replace("width = 8", "width = 16"))
    said = refused(*SEARCH)
    assert "hyperparameters.layers.width: was 8, now 16" in said
    assert "tuner delete --study small" in said
    assert shown(root)["trials"]["complete"] == 3


@pytest.mark.parametrize("command", [("search", "--study", "small"), ("show", "--study", "small"), ("studies",)])
def test_a_storage_that_is_none_is_refused_and_stays_as_it_is(refused, root, command):
    (root / "notes.txt").write_text("remember the milk\n" * 10)
    assert "is no SQLite database" in refused(*command, "--storage", "sqlite:///notes.txt")
    assert (root / "notes.txt").read_text() == "remember the milk\n" * 10
    assert "is a folder" in refused(*command, "--storage", f"sqlite:///{root / 'studies'}")
    assert "no storage URL" in refused(*command, "--storage", "results.db")


def test_a_folder_that_is_not_there_is_named_and_not_made(refused, root):
    assert "there is no folder" in refused(*SEARCH, "--storage", "sqlite:///nowhere/trials.db")
    assert not (root / "nowhere").exists()


@pytest.mark.parametrize(
    "command",
    [
        ("search", "--study", "small"),
        ("show", "--study", "small"),
        ("studies",),
        ("worker", "--study", "small"),
        ("delete", "--study", "small", "--yes"),
        ("dashboard",),
    ],
    ids=lambda command: command[0],
)
def test_no_command_ever_shows_a_password(refused, monkeypatch, command):
    monkeypatch.setenv("TUNER_STORAGE", "nosuchserver://ann:hush@localhost:1/trials")
    assert "hush" not in refused(*command)
    assert "hush" not in refused(*command, "--storage", "postgresql+psycopg://ann:hush@localhost:1/trials")


def test_a_study_file_may_name_its_storage_for_every_command(call, root):
    with (root / "studies" / "small.toml").open("a") as file:
        file.write('\n[run]\nstorage = "sqlite:///own.db"\n')
    assert call(*SEARCH).exit_code == 0
    assert "3 of 3 finished" in call("show", "--study", "small").stdout
    assert (root / "own.db").exists()
    assert not (root / "tuner.db").exists()


# For real.


@pytest.mark.thorough
def test_real_trials_end_to_end(root):
    result = run(*SEARCH, "--root", str(root), "--json")
    assert result.returncode == 0, result.stderr
    tree = json.loads(result.stdout)
    assert tree["state"] == "finished"
    assert tree["trials"]["total"] == tree["trials"]["complete"] + tree["trials"]["pruned"] == 3
    assert 0 <= tree["best"]["metrics"]["val_accuracy"] <= 1
    assert tree["best"]["value"] == tree["best"]["metrics"]["val_log_loss"]
    assert shown(root) == tree
    assert {path.name for path in root.iterdir()} == {"studies", "tuner.db", "tuner.db-lock"}
