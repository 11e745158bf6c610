from __future__ import annotations

from typing import Any

import pytest

from tuner.errors import StudyFileError
from tuner.study.definition import StudyDefinition
from tuner.study.objectives import Objective
from tuner.study.read import read_study
from tuner.study.sampler_fit import sampler_advice


def study(metric: Any, builtin: str = "wine", **search: Any) -> StudyDefinition:
    space = {"layers": {"width": {"low": 8, "high": 64}}}
    raw = {"name": "s", "data": {"builtin": builtin}, "hyperparameters": space}
    return read_study({**raw, "search": {"metric": metric, **search}}, source="s.toml")


def refused(metric: Any, **search: Any) -> tuple[str, str]:
    with pytest.raises(StudyFileError) as caught:
        study(metric, **search)
    [mistake] = caught.value.mistakes
    return mistake.place, mistake.problem


def test_the_metric_comes_first_and_figures_are_to_be_small():
    definition = study(["val_accuracy", "parameters", "latency"])
    assert definition.objectives("multiclass") == (
        Objective("val_accuracy", "maximize"),
        Objective("parameters", "minimize"),
        Objective("latency", "minimize"),
    )
    assert (definition.metric("multiclass"), definition.direction("multiclass")) == ("val_accuracy", "maximize")


@pytest.mark.parametrize(("metric", "builtin"), [("val_log_loss", "wine"), (["val_log_loss"], "wine")])
def test_one_objective_means_what_it_always_did(metric, builtin):
    definition = study(metric, builtin)
    assert definition.meaning["search.metric"] == "val_log_loss"
    assert definition.meaning_for("multiclass") == definition.meaning
    assert definition.objectives("multiclass") == (Objective("val_log_loss", "minimize"),)


def test_a_default_and_the_same_metric_by_name_mean_the_same():
    assert study(None, "diabetes").meaning_for("regression") == study("val_rmse", "diabetes").meaning
    assert study(None, "diabetes").meaning != study("val_rmse", "diabetes").meaning


def test_another_objective_is_another_meaning():
    assert study(["val_log_loss", "parameters"]).fingerprint != study("val_log_loss").fingerprint


@pytest.mark.parametrize(
    ("metric", "problem"),
    [
        ("parameters", 'is "parameters", which a search can go by beside a metric only, which comes first, as in '),
        (["parameters", "val_log_loss"], 'begins with what is "parameters", which a search can go by beside a metric'),
        (["val_los", "parameters"], 'begins with what is "val_los", but should be one of val_log_loss, val_accuracy'),
        (["val_log_loss", "val_accuracy"], 'goes on with what is "val_accuracy", but should be one of parameters, '),
        (["val_log_loss", "paramters"], 'goes on with what is "paramters", but should be one of parameters, '),
        (["val_log_loss", "latency", "latency"], 'is ["val_log_loss", "latency", "latency"], in which "latency" st'),
        ([], "is an empty list, but should name a metric"),
        ([["val_log_loss"], "latency"], 'begins with what is ["val_log_loss"], but should be one of val_log_loss'),
        (["val_log_loss", {"kind": "latency"}], "goes on with what is "),
        (["val_rmse", "parameters"], 'is "val_rmse", but the target is multiclass'),
    ],
)
def test_objectives_that_cannot_be_are_mistakes_at_their_place(metric, problem):
    place, found = refused(metric)
    assert place == "search.metric"
    assert found.startswith(problem)


def test_a_sampler_that_knows_one_objective_is_refused():
    place, problem = refused(["val_log_loss", "parameters"], sampler="cmaes")
    assert place == "search.sampler"
    assert problem.startswith('is "cmaes", which goes by one objective, but search.metric states val_log_loss and para')
    assert study("val_log_loss", sampler="cmaes")


@pytest.mark.parametrize("sampler", ["tpe", "nsga2", "gp", "random", "qmc"])
def test_the_others_take_several(sampler):
    assert study(["val_log_loss", "parameters"], sampler=sampler).search.figures == ("parameters",)


def test_who_states_a_pruner_is_told_that_it_is_off():
    several = ["val_log_loss", "parameters"]
    [line] = sampler_advice(study(several, pruner="median"))
    assert line.startswith("search.pruner: with several objectives (val_log_loss and parameters) no trial is pruned")
    assert sampler_advice(study(several)) == []
    assert sampler_advice(study(several, pruner="none")) == []
    assert sampler_advice(study("val_log_loss", pruner="median")) == []


def test_who_bounds_the_fits_of_tpe_is_told_that_nothing_goes_by_it():
    bounded = {"kind": "tpe", "history": 100}
    [line] = sampler_advice(study(["val_log_loss", "parameters"], sampler=bounded))
    assert line.endswith("nothing goes by history")
    assert sampler_advice(study("val_log_loss", sampler=bounded)) == []
