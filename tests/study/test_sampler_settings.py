from __future__ import annotations

import pytest

from tests.study.test_search_settings import named
from tuner.study.read import read_study
from tuner.study.sampler_settings import (
    CmaesSampler,
    GpSampler,
    GridSampler,
    Nsga2Sampler,
    QmcSampler,
    RandomSampler,
    TpeSampler,
)

SAMPLERS = [TpeSampler, RandomSampler, CmaesSampler, GpSampler, Nsga2Sampler, GridSampler, QmcSampler]
NAMES = "tpe, random, cmaes, gp, nsga2, grid, qmc"
FINITE = {"layers": {"depth": {"low": 1, "high": 3}}}


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_sampler_may_be_stated_by_its_name_alone(sampler):
    name = sampler().kind
    assert read(name) == sampler() == read({"kind": name})


def read(sampler):
    """The sampler of a study that any sampler can search."""
    raw = {"name": "s", "data": {"builtin": "wine"}, "hyperparameters": FINITE, "search": {"sampler": sampler}}
    return read_study(raw, source="").search.sampler


@pytest.mark.parametrize(
    ("stated", "sampler"),
    [
        (
            {"kind": "tpe", "startup_trials": 3, "candidates": 50, "history": 400, "asks_per_fit": 1},
            TpeSampler(startup_trials=3, candidates=50, history=400, asks_per_fit=1),
        ),
        ({"kind": "cmaes", "population_size": 12}, CmaesSampler(population_size=12)),
        ({"kind": "gp", "startup_trials": 5}, GpSampler(startup_trials=5)),
        (
            {"kind": "nsga2", "population_size": 20, "mutation_prob": 0.1, "crossover_prob": 1.0, "swapping_prob": 0.0},
            Nsga2Sampler(population_size=20, mutation_prob=0.1, crossover_prob=1.0, swapping_prob=0.0),
        ),
        ({"kind": "qmc", "sequence": "halton", "scramble": False}, QmcSampler(sequence="halton", scramble=False)),
    ],
)
def test_a_sampler_table_holds_its_own_settings(stated, sampler):
    assert read(stated) == sampler


@pytest.mark.parametrize(
    ("sampler", "place", "problem"),
    [
        ("tpee", "sampler", f'is "tpee", but should be one of {NAMES}. Did you mean "tpe"?'),
        ({"kind": "rand"}, "sampler.kind", f'is "rand", but should be one of {NAMES}.'),
        ({}, "sampler.kind", f"is missing; it should be one of {NAMES}"),
        ({"kind": "tpe", "startup_trials": -1}, "sampler.startup_trials", "is -1, but should be at least 0"),
        ({"kind": "tpe", "candidates": 0}, "sampler.candidates", "is 0, but should be at least 1"),
        ({"kind": "tpe", "history": 10}, "sampler.history", "is 10, but should be at least 50"),
        ({"kind": "tpe", "asks_per_fit": 0}, "sampler.asks_per_fit", "is 0, but should be at least 1"),
        (
            {"kind": "tpe", "population_size": 9},
            "sampler.population_size",
            "is no setting of tpe, but of cmaes or nsga2",
        ),
        ({"kind": "gp", "startup_trials": 0}, "sampler.startup_trials", "is 0, but should be at least 1"),
        ({"kind": "nsga2", "population_size": 1}, "sampler.population_size", "is 1, but should be at least 2"),
        ({"kind": "nsga2", "mutation_prob": 1.5}, "sampler.mutation_prob", "is 1.5, but should be at most 1"),
        ({"kind": "qmc", "sequence": "sobel"}, "sampler.sequence", 'is "sobel", but should be one of sobol, halton.'),
        ({"kind": "cmaes", "population_size": 3}, "sampler.population_size", "is 3, but should be at least 4"),
    ],
)
def test_a_wrong_sampler_setting_is_named(sampler, place, problem):
    found = named(search={"sampler": sampler})
    assert list(found) == [f"search.{place}"]
    assert found[f"search.{place}"].startswith(problem)
