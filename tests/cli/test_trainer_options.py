"""`--trainer` and `--lanes`: what a search makes of them, and what is refused."""

from __future__ import annotations

import pytest

from tests.cli.fake_tuner import fake_trainer

SEARCH = ("search", "--study", "small")


@pytest.fixture
def hosted(call, monkeypatch):
    """The arguments of each hosted trainer that was made."""
    made = []

    def hosted(trainer, **arguments):
        made.append((trainer, arguments))
        return fake_trainer()

    monkeypatch.setattr("tuner.actions.search.HostedTrainer", hosted)
    return made


def test_lanes_are_handed_to_the_trainer_with_what_the_space_may_bring(call, hosted):
    assert call(*SEARCH, "--trainer", "lanes", "--lanes", "7").exit_code == 0
    [(trainer, arguments)] = hosted
    assert trainer == "lanes"
    assert arguments["settings"]["lanes"] == 7
    assert arguments["settings"]["expected"].widths == (8,)


@pytest.mark.parametrize("options", [("--lanes", "auto"), ("--trainer", "lanes")])
def test_the_number_of_lanes_can_be_left_to_the_program(call, hosted, options):
    assert call(*SEARCH, "--trials", "40", *options).exit_code == 0
    [(trainer, arguments)] = hosted
    assert (trainer, arguments["settings"]["lanes"]) == ("lanes", 10)


def test_lanes_alone_mean_the_trainer_of_lanes(call, hosted):
    assert call(*SEARCH, "--lanes", "2").exit_code == 0
    assert hosted[0][0] == "lanes"


def test_fit_can_be_asked_for(call, hosted):
    assert call(*SEARCH, "--trainer", "fit").exit_code == 0
    [(trainer, arguments)] = hosted
    assert trainer == "fit"
    assert set(arguments["settings"]) == {"checkpoints"}
    assert arguments["threads"] == 1


def test_a_worker_has_the_same_options_and_the_way_to_go_on_names_them(call, hosted, monkeypatch):
    monkeypatch.setenv("FAKE_EPOCH_SECONDS", "1.1")
    said = call(*SEARCH, "--lanes", "4", "--time", "1s").stderr
    assert "To go on: tuner search --study small --lanes 4" in said
    monkeypatch.delenv("FAKE_EPOCH_SECONDS")
    assert call("worker", "--study", "small", "--trainer", "lanes", "--lanes", "2").exit_code == 0
    assert [arguments["settings"]["lanes"] for _, arguments in hosted] == [4, 2]


@pytest.mark.parametrize("lanes", ["0", "-3", "many", "1.5", "\u00b2"])
@pytest.mark.parametrize("command", ["search", "worker"])
def test_lanes_that_cannot_be_are_refused(refused, root, command, lanes):
    said = refused(command, "--study", "small", "--lanes", lanes)
    assert f"'--lanes': \"{lanes}\" should be a whole number from 1 on, or auto." in said
    assert not (root / "tuner.db").exists()


def test_an_unknown_trainer_is_refused(refused):
    assert "'--trainer': 'lane' is not one of 'lanes', 'fit'" in refused(*SEARCH, "--trainer", "lane")


@pytest.mark.parametrize("lanes", ["4", "auto"])
def test_fit_has_no_lanes(refused, root, lanes):
    said = refused(*SEARCH, "--trainer", "fit", "--lanes", lanes)
    assert "--lanes goes with --trainer lanes; fit trains one trial after another." in said
    assert not (root / "tuner.db").exists()


def test_a_space_that_needs_several_programs_is_remarked_on_before_the_start(call, root):
    file = root / "studies" / "small.toml"
    file.write_text(file.read_text().replace("depth = 1", "depth = { low = 1, high = 2 }"))
    said = call(*SEARCH, "--lanes", "16").stderr.splitlines()
    assert said[0] == "this space needs up to 2 programs (2 for depth); the fewer, the fuller the lanes"
    assert call(*SEARCH, "--trainer", "lanes", "--trials", "4", "--quiet").output == ""


def test_fit_says_nothing_of_programs_and_neither_does_a_space_of_one(call, root):
    assert "program" not in call(*SEARCH, "--trainer", "lanes").stderr
    file = root / "studies" / "small.toml"
    (root / "studies" / "deep.toml").write_text(
        file.read_text().replace("depth = 1", "depth = { low = 1, high = 2 }").replace("small", "deep")
    )
    assert "program" not in call("search", "--study", "deep", "--trainer", "fit").stderr


def test_a_study_for_fit_alone_is_refused_in_lanes_and_searched_by_fit(call, refused, root):
    with (root / "studies" / "small.toml").open("a") as file:
        file.write("\n[hyperparameters.pretraining]\nepochs = 1\n")
    said = refused(*SEARCH, "--trainer", "lanes")
    assert "hyperparameters.pretraining is for Keras' own fit, and lanes have no such thing" in said
    assert "search with --trainer fit" in said
    assert not (root / "tuner.db").exists()
    assert call(*SEARCH, "--trainer", "fit").exit_code == 0
