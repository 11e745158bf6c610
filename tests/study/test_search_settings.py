from __future__ import annotations

import pytest

from tests.study.test_mistakes import edited, mistakes_in
from tuner.study.metrics import METRICS
from tuner.study.pruner_settings import MedianPruner, NoPruner, PercentilePruner, SuccessiveHalvingPruner
from tuner.study.read import read_study
from tuner.study.sampler_settings import RandomSampler, TpeSampler
from tuner.study.search_settings import BudgetSettings, RunSettings, SearchSettings


def with_section(**sections):
    return {**edited([]), **sections}


def named(**sections) -> dict[str, str]:
    """What is wrong with the valid study if some of its sections are these instead, by place."""
    found = mistakes_in(with_section(**sections))
    by_place = {mistake.place: mistake.problem for mistake in found}
    assert len(by_place) == len(found)
    return by_place


def search(**settings) -> SearchSettings:
    return read_study(with_section(search=settings), source="").search


@pytest.mark.parametrize(
    ("name", "pruner"),
    [
        ("none", NoPruner()),
        ("median", MedianPruner()),
        ("percentile", PercentilePruner()),
        ("successive_halving", SuccessiveHalvingPruner()),
    ],
)
def test_a_pruner_may_be_stated_by_its_name_alone(name, pruner):
    assert search(pruner=name).pruner == pruner == search(pruner={"kind": name}).pruner


@pytest.mark.parametrize(("name", "sampler"), [("tpe", TpeSampler()), ("random", RandomSampler())])
def test_a_sampler_may_be_stated_by_its_name_alone(name, sampler):
    assert search(sampler=name).sampler == sampler == search(sampler={"kind": name}).sampler


def test_a_pruner_table_holds_its_own_settings():
    assert search(pruner={"kind": "percentile", "keep": 10}).pruner == PercentilePruner(keep=10)


def test_a_study_without_a_search_table_has_tpe_and_the_median():
    tree = edited([])
    del tree["search"], tree["budget"], tree["run"]
    definition = read_study(tree, source="")
    assert (definition.search.sampler, definition.search.pruner) == (TpeSampler(), MedianPruner())
    assert (definition.budget, definition.run) == (BudgetSettings(), RunSettings())


@pytest.mark.parametrize(
    ("settings", "place", "problem"),
    [
        ({"sampler": "tpee"}, "sampler", 'is "tpee", but should be one of tpe, random. Did you mean "tpe"?'),
        ({"sampler": {"kind": "rand"}}, "sampler.kind", 'is "rand", but should be one of tpe, random.'),
        ({"sampler": {}}, "sampler.kind", "is missing; it should be one of tpe, random"),
        ({"pruner": {"kind": 3}}, "pruner.kind", "is 3, but should be one of none, median, percentile, "),
        ({"pruner": True}, "pruner", "is true, but should be one of none, median, percentile, successive_halving, or"),
        (
            {"pruner": {"kind": "median", "warmup_epoch": 3}},
            "pruner.warmup_epoch",
            'is no setting here; there are kind, warmup_epochs, startup_trials. Did you mean "warmup_epochs"?',
        ),
        (
            {"pruner": {"kind": "median", "median": 3}},
            "pruner.median",
            "is no setting here; there are kind, warmup_epochs, startup_trials.",
        ),
        ({"pruner": {"kind": "none", "keep": 3}}, "pruner.keep", "is no setting of none, but of percentile"),
        ({"pruner": {"kind": "percentile", "keep": 101}}, "pruner.keep", "is 101, but should be at most 100"),
        ({"metric": "val_acc"}, "metric", f'is "val_acc", but should be one of {", ".join(METRICS)}. Did you mean '),
        ({"metric": 3}, "metric", "is 3, but should be a text"),
        ({"retries": -1}, "retries", "is -1, but should be at least 0"),
        ({"metrics": "val_accuracy"}, "metrics", "is no setting here; there are metric, sampler, pruner, retries. Did"),
    ],
)
def test_a_wrong_search_setting_is_named(settings, place, problem):
    found = named(search=settings)
    assert list(found) == [f"search.{place}"]
    assert found[f"search.{place}"].startswith(problem)


def test_a_pruner_of_unknown_kind_is_still_checked_for_names_that_no_pruner_has():
    assert set(named(search={"pruner": {"kind": "medain", "warmup_epochs": 3, "patience": 2}})) == {
        "search.pruner.kind",
        "search.pruner.patience",
    }


@pytest.mark.parametrize("section", ["data", "search", "budget", "run"])
def test_a_section_that_is_no_table_is_one_mistake(section):
    (problem,) = named(**{section: 3}).values()
    assert problem.startswith("is 3, but should be a table of ")


@pytest.mark.parametrize(
    ("time", "problem"),
    [
        ("soon", 'is "soon", but should be a duration such as "45s", "30m" or "1h30m"'),
        (30, 'is 30, but should be a duration such as "45s", "30m" or "1h30m"'),
        ("0s", 'is "0s", but should be a duration'),
    ],
)
def test_a_bad_time_is_named_with_what_would_do(time, problem):
    found = named(budget={"time": time})
    assert list(found) == ["budget.time"]
    assert found["budget.time"].startswith(problem)


def test_a_budgets_time_is_known_in_seconds():
    assert BudgetSettings(time="1h30m").seconds == 5400
    assert BudgetSettings().seconds is None


@pytest.mark.parametrize(
    "storage",
    [
        "postgresql://me:secret@host/tuner",
        "postgresql+psycopg://me:secret@host/tuner",
        "postgresql://me:sec/ret@host/tuner",
        "postgresql://:secret@host/tuner",
        "postgresql://me:sec:ret@host/tuner",
    ],
)
def test_a_password_in_a_file_is_refused_and_not_repeated(storage):
    found = named(run={"storage": storage})
    assert list(found) == ["run.storage"]
    assert "holds a password" in found["run.storage"]
    assert "TUNER_STORAGE" in found["run.storage"]
    assert "ret" not in found["run.storage"].replace("retries", "")


@pytest.mark.parametrize(
    "storage",
    ["sqlite:///tuner.db", "sqlite:////data/me@home/a:b.db", "postgresql://me@host/tuner", "postgresql://host:5432/t"],
)
def test_a_storage_without_a_password_is_fine(storage):
    assert RunSettings(storage=storage).storage == storage
