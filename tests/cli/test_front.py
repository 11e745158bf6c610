"""What a person sees of a search by several objectives."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.cli.commands import SMALL, shown
from tests.search.fake_trainer import FakeTrainer
from tuner.training.job import Job, Outcome
from tuner.training.trainer import Observer

SEVERAL = SMALL.replace("width = 8", "width = {{ choices = [8, 16, 32] }}").format(trials=6) + (
    '[search]\nmetric = ["val_log_loss", "parameters"]\nstarting_points = false\n'
)


class Measuring(FakeTrainer):
    """Knows how large a network is, and thinks that it is the better for it."""

    def _train(self, job: Job, observer: Observer) -> Outcome:
        width = job.hyperparameters.layers.width
        assert isinstance(width, int)
        self.objective = lambda job, epoch: 8 / width + 1 / (1 + epoch)
        return replace(super()._train(job, observer), parameters=10_000 * width + 1)


@pytest.fixture
def searched(call, root, monkeypatch):
    (root / "studies" / "small.toml").write_text(SEVERAL)
    monkeypatch.setattr("tuner.actions.search.HostedTrainer", lambda *arguments, **settings: Measuring())
    return call("search", "--study", "small")


def test_a_search_tells_how_large_the_front_is(searched):
    assert searched.exit_code == 0, searched.output
    assert ", front of " in searched.stderr


@pytest.mark.usefixtures("searched")
def test_the_front_is_shown_with_each_objective(call, root):
    out = call("show", "--study", "small").stdout
    tree = shown(root)
    lines = out.splitlines()
    head = next(index for index, line in enumerate(lines) if line.split() == ["trial", "val_log_loss", "parameters"])
    rows = [line.split() for line in lines[head + 1 : head + 1 + len(tree["front"])]]
    assert [(int(number), int(parameters)) for number, _, parameters in rows] == [
        (trial["number"], trial["objectives"]["parameters"]) for trial in tree["front"]
    ]
    assert "trials that no other one beats in everything" in out


@pytest.mark.usefixtures("searched")
def test_json_has_the_objectives_and_the_front_from_the_best_metric_to_the_worst(root):
    tree = shown(root)
    assert tree["objectives"] == [
        {"name": "val_log_loss", "direction": "minimize"},
        {"name": "parameters", "direction": "minimize"},
    ]
    values = [trial["objectives"]["val_log_loss"] for trial in tree["front"]]
    sizes = [trial["objectives"]["parameters"] for trial in tree["front"]]
    assert values == sorted(values)
    assert sizes == sorted(sizes, reverse=True)
    assert tree["best"]["number"] == tree["front"][0]["number"]
    assert tree["best"]["value"] == values[0]
    assert set(tree["front"][0]) == {"number", "objectives", "epoch", "metrics", "hyperparameters"}


@pytest.mark.usefixtures("searched")
def test_one_trial_has_a_row_for_each_objective(call):
    out = call("show", "--study", "small", "--trial", "1").stdout
    names = [line.split()[0] for line in out.splitlines()]
    assert names[1:3] == ["val_log_loss", "parameters"]
    assert names.count("val_log_loss") == 1
    tree = json.loads(call("show", "--study", "small", "--trial", "1", "--json").stdout)
    assert list(tree["objectives"]) == ["val_log_loss", "parameters"]


@pytest.mark.usefixtures("searched")
def test_the_list_of_studies_tells_the_best_metric_and_the_front(call, root):
    count = len(shown(root)["front"])
    assert f"front of {count}" in call("studies").stdout


def test_with_one_objective_nothing_of_it_is_told(call, root):
    assert call("search", "--study", "small", "--quiet").exit_code == 0
    assert not {"front", "objectives"} & shown(root).keys()
    assert "objectives" not in json.loads(call("show", "--study", "small", "--trial", "1", "--json").stdout)
    assert "front" not in call("show", "--study", "small").stdout


def test_who_states_a_pruner_is_told_that_it_is_off_when_checking_and_when_searching(call, root):
    (root / "studies" / "small.toml").write_text(SEVERAL + 'pruner = "median"\n')
    told = "no trial is pruned, and the median pruner is off"
    assert told in call("check", "--study", "small").stderr
    assert told in call("search", "--study", "small").stderr


def test_a_sampler_that_cannot_is_refused(refused, root):
    (root / "studies" / "small.toml").write_text(SEVERAL + 'sampler = "cmaes"\n')
    assert 'search.sampler is "cmaes", which goes by one objective' in refused("check", "--study", "small")
