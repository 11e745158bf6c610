"""What `tuner check` says of a study's sampler."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_imports import HEAVY, imported_by

STUDY = """
[data]
builtin = "wine"

[hyperparameters]
batch_size = {{ choices = [16, 32] }}

[hyperparameters.layers]
dropout = {dropout}

[search]
sampler = "{sampler}"

[budget]
trials = 5
"""
RANGE = "{ low = 0.0, high = 0.4 }"
STEPS = "{ low = 0.0, high = 0.4, step = 0.1 }"


@pytest.fixture
def study(root: Path):
    def write(sampler: str, dropout: str) -> str:
        (root / "studies" / "sampled.toml").write_text(STUDY.format(sampler=sampler, dropout=dropout))
        return "sampled"

    return write


def test_what_does_not_fit_is_said_beside_the_answer(call, study):
    result = call("check", "--study", study("cmaes", RANGE))
    assert result.exit_code == 0
    assert "studies/sampled.toml is fine: 2 hyperparameters to search" in result.stdout
    choices, pruner = result.stderr.splitlines()
    assert choices == "studies/sampled.toml: search.sampler: cmaes draws choices at random: batch_size; tpe does not"
    assert "the median pruner ends many" in pruner


def test_nothing_is_said_of_a_sampler_that_fits(call, study):
    assert call("check", "--study", study("tpe", RANGE)).stderr == ""


def test_a_grid_is_counted_and_held_against_the_budget(call, study):
    result = call("check", "--study", study("grid", STEPS))
    assert result.exit_code == 0
    assert "search.sampler: the grid has 10 points\n" in result.stdout
    assert "the grid has 10 points, and the budget of 5 trials ends before all have been tried" in result.stderr


@pytest.mark.parametrize(("sampler", "points"), [("cmaes", None), ("grid", 10)])
def test_json_holds_all_that_is_said(call, study, sampler, points):
    result = call("check", "--study", study(sampler, STEPS), "--json")
    told = json.loads(result.stdout)
    assert (told["study"], told["grid_size"]) == ("sampled", points)
    assert told["advice"][0].startswith("search.sampler: ")
    assert result.stderr == ""


@pytest.mark.parametrize("command", [["check"], ["search"]])
def test_a_grid_over_an_endless_range_is_refused_before_anything_else(refused, study, command):
    said = refused(*command, "--study", study("grid", RANGE))
    assert said == (
        "studies/sampled.toml: hyperparameters.layers.dropout is a range of all numbers from 0 to 0.4, which a grid "
        "cannot try one by one; give it a step, such as step = 0.1, or choices = [0.0, 0.1, 0.2, 0.3, 0.4]\n"
    )


@pytest.mark.parametrize("sampler", ["cmaes", "gp", "grid"])
def test_checking_a_sampler_imports_no_heavy_library(root, study, sampler):
    seen, printed = imported_by(["check", "--study", study(sampler, STEPS), "--root", str(root)], (*HEAVY, "scipy"))
    assert "layers.dropout" in printed
    assert seen == []
