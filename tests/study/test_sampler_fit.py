"""What is said of a sampler that does not fit a study."""

from __future__ import annotations

import pytest

from tests.study.test_mistakes import edited
from tuner.errors import StudyFileError
from tuner.study.read import read_study
from tuner.study.sampler_fit import grid_size, sampler_advice

PLAIN = {
    "layers": {"dropout": {"low": 0.0, "high": 0.5}, "width": {"low": 16, "high": 256, "log": True}},
    "batch_size": {"choices": [16, 32]},
}
CONDITIONAL = {
    **PLAIN,
    "optimizer": {"kind": {"choices": ["sgd", "adadelta"]}, "learning_rate": {"low": 1e-4, "high": 0.1, "log": True}},
}
FINITE = {"layers": {"depth": {"low": 1, "high": 3}, "dropout": {"low": 0.0, "high": 0.4, "step": 0.1}}}


def study(hyperparameters, trials=None, **search):
    raw = {"name": "s", "data": {"builtin": "wine"}, "hyperparameters": hyperparameters, "search": search}
    return read_study({**raw, "budget": {"trials": trials} if trials else {}}, source="s.toml")


def advice(hyperparameters, sampler, *, pruner="none", trials=None):
    return sampler_advice(study(hyperparameters, trials, sampler=sampler, pruner=pruner))


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_of_tpe_and_random_nothing_need_be_said(sampler):
    assert advice(CONDITIONAL, sampler, pruner="median", trials=3) == []


@pytest.mark.parametrize("sampler", ["cmaes", "gp", "nsga2", "qmc"])
def test_who_knows_no_conditions_is_told_which_parameters_are_drawn_at_random(sampler):
    [line] = [line for line in advice(CONDITIONAL, sampler) if "only some trials have" in line]
    assert line == (
        f"search.sampler: {sampler} draws at random what only some trials have: optimizer.learning_rate; tpe does not"
    )
    assert not any("only some trials have" in line for line in advice(PLAIN, sampler))


@pytest.mark.parametrize("sampler", ["cmaes", "gp", "nsga2"])
def test_who_learns_from_complete_trials_alone_is_told_of_the_pruner(sampler):
    [line] = [line for line in advice(PLAIN, sampler, pruner="percentile") if "pruner" in line]
    assert line == (
        f"search.sampler: {sampler} learns from complete trials alone, and the percentile pruner ends many before; "
        'set pruner = "none", or take tpe, which learns from both'
    )
    assert not any("pruner" in line for line in advice(PLAIN, sampler))


@pytest.mark.parametrize("sampler", ["qmc", "grid"])
def test_who_learns_nothing_does_not_mind_a_pruner(sampler):
    assert advice(FINITE, sampler, pruner="median") == []


def test_cmaes_is_told_which_choices_it_draws_at_random():
    assert advice(PLAIN, "cmaes") == ["search.sampler: cmaes draws choices at random: batch_size; tpe does not"]
    assert advice({"layers": {"dropout": {"low": 0.0, "high": 0.5}}}, "cmaes") == []


def test_cmaes_is_told_if_nothing_is_left_for_it():
    lines = advice({"batch_size": {"choices": [16, 32]}}, "cmaes")
    assert any("draws everything at random; take another sampler" in line for line in lines)


def test_choices_are_no_trouble_for_qmc_and_gp():
    assert advice(PLAIN, "qmc") == []
    assert advice(PLAIN, "gp") == []


def test_nsga2_is_told_of_a_budget_that_is_but_a_generation():
    [line] = advice(PLAIN, {"kind": "nsga2", "population_size": 20}, trials=30)
    assert "its first 20 complete trials at random, and the budget is 30 trials" in line
    assert advice(PLAIN, {"kind": "nsga2", "population_size": 20}, trials=40) == []


def test_a_grid_is_counted():
    assert grid_size(study(FINITE, sampler="grid")) == 15
    assert grid_size(study(FINITE, sampler="random")) is None


def test_a_grid_is_told_of_a_budget_that_ends_before_it():
    [line] = advice(FINITE, "grid", trials=14)
    assert line == "search.sampler: the grid has 15 points, and the budget of 14 trials ends before all have been tried"
    assert advice(FINITE, "grid", trials=15) == []


def refused(hyperparameters) -> dict[str, str]:
    with pytest.raises(StudyFileError) as error:
        study(hyperparameters, sampler="grid")
    return {mistake.place: mistake.problem for mistake in error.value.mistakes}


def test_a_grid_refuses_every_endless_range_with_its_place_and_the_way_out():
    assert refused(CONDITIONAL) == {
        "hyperparameters.layers.dropout": "is a range of all numbers from 0 to 0.5, which a grid cannot try one by "
        "one; give it a step, such as step = 0.125, or choices = [0.0, 0.125, 0.25, 0.375, 0.5]",
        "hyperparameters.layers.width": "is a range of whole numbers from 16 to 256 in the logarithm, which a grid "
        "cannot try one by one; give it choices = [16, 32, 64, 128, 256]",
        "hyperparameters.optimizer.learning_rate": "is a range of all numbers from 0.0001 to 0.1 in the logarithm, "
        "which a grid cannot try one by one; give it choices = [0.0001, 0.00056, 0.0032, 0.018, 0.1]",
    }


def test_a_grid_refuses_a_range_of_very_many_numbers():
    found = refused(
        {"layers": {"width": {"low": 1, "high": 100_000}, "dropout": {"low": 0.0, "high": 0.5, "step": 1e-9}}}
    )
    assert found["hyperparameters.layers.width"].startswith(
        "is a range of 100,000 numbers, which a grid cannot try one by one; give it a step, such as step = 25000, or "
    )
    assert found["hyperparameters.layers.dropout"].startswith("is a range of 500,000,001 numbers, which")


@pytest.mark.parametrize(
    ("low", "high", "log"), [(0.0, 0.5, False), (1e-8, 1e-3, True), (16, 256, True), (3, 5, True), (1, 50_000, False)]
)
def test_what_a_refusal_offers_would_do(low, high, log):
    """Whoever writes down what it says gets no second refusal."""
    number = int if isinstance(low, int) else float
    name = "width" if number is int else "dropout"
    problem = refused({"layers": {name: {"low": low, "high": high, "log": log}}})[f"hyperparameters.layers.{name}"]
    values = [number(value) for value in problem.rpartition("choices = [")[2].rstrip("]").split(", ")]
    assert values[0] == low
    assert values[-1] == high
    assert study({"layers": {name: {"choices": values}}}, sampler="grid")
    if not log:
        step = number(problem.partition("step = ")[2].partition(",")[0])
        assert study({"layers": {name: {"low": low, "high": high, "step": step}}}, sampler="grid")


def test_a_range_that_is_a_mistake_already_is_not_refused_a_second_time():
    raw = edited([])
    raw["hyperparameters"] = {"layers": {"dropout": {"low": 0.9, "high": 0.1}}}
    raw["search"] = {"sampler": "grid"}
    with pytest.raises(StudyFileError) as error:
        read_study(raw, source="")
    assert [mistake.place for mistake in error.value.mistakes] == ["hyperparameters.layers.dropout"]
