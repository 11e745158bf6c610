from __future__ import annotations

import pytest

from tests.study.test_mistakes import edited, mistakes_in
from tuner.study.metrics import METRICS
from tuner.study.pruner_settings import MedianPruner
from tuner.study.read import read_study
from tuner.study.sampler_settings import TpeSampler
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


def test_a_study_without_a_search_table_has_tpe_and_the_median():
    tree = edited([])
    del tree["search"], tree["budget"], tree["run"]
    definition = read_study(tree, source="")
    assert (definition.search.sampler, definition.search.pruner) == (TpeSampler(), MedianPruner())
    assert (definition.budget, definition.run) == (BudgetSettings(), RunSettings())


@pytest.mark.parametrize(
    ("settings", "place", "problem"),
    [
        ({"metric": "val_acc"}, "metric", f'is "val_acc", but should be one of {", ".join(METRICS)}. Did you mean '),
        ({"metric": 3}, "metric", "is 3, but should be a text"),
        ({"retries": -1}, "retries", "is -1, but should be at least 0"),
        (
            {"metrics": "val_accuracy"},
            "metrics",
            "is no setting here; there are metric, sampler, starting_points, pruner, retries, lost_worker_retries. Did",
        ),
    ],
)
def test_a_wrong_search_setting_is_named(settings, place, problem):
    found = named(search=settings)
    assert list(found) == [f"search.{place}"]
    assert found[f"search.{place}"].startswith(problem)


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
