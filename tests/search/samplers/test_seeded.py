"""What every sampler keeps: a trial's suggestion follows from the study's seed, the trial's number and the history."""

from __future__ import annotations

from importlib.util import find_spec
from itertools import pairwise

import optuna
import pytest
from optuna.trial import TrialState

from tests.search.samplers.histories import SPACE, Params, grow, space_of, study_of, suggested
from tuner.errors import StudyError
from tuner.hyperparameters.base import Settings
from tuner.search.samplers import SeededSampler, needs
from tuner.search.samplers.kinds import SAMPLERS
from tuner.study.sampler_settings import (
    CmaesSampler,
    GpSampler,
    GridSampler,
    Nsga2Sampler,
    QmcSampler,
    RandomSampler,
    TpeSampler,
)

with_torch = pytest.mark.skipif(find_spec("torch") is None, reason="the sampler gp needs torch")

FINITE = space_of(
    batch_size={"choices": [16, 32, 64]},
    layers={"depth": {"low": 1, "high": 3}, "dropout": {"low": 0.0, "high": 0.5, "step": 0.1}},
    optimizer={
        "kind": {"choices": ["sgd", "adagrad", "adadelta"]},
        "learning_rate": {"choices": [0.001, 0.01, 0.1]},
        "sgd": {"nesterov": {"choices": [True, False]}},
    },
    momentum={"kind": "rise", "start": {"low": 0.0, "high": 0.8, "step": 0.2}, "maximum": 0.95, "step": 0.01},
)
"""A space that a grid can search, too."""

SMALL = [
    pytest.param(TpeSampler(startup_trials=5), id="tpe"),
    pytest.param(RandomSampler(), id="random"),
    pytest.param(CmaesSampler(population_size=5), id="cmaes"),
    pytest.param(GpSampler(startup_trials=5), id="gp", marks=with_torch),
    pytest.param(Nsga2Sampler(population_size=6), id="nsga2"),
    pytest.param(GridSampler(), id="grid"),
    pytest.param(QmcSampler(), id="qmc"),
    pytest.param(QmcSampler(sequence="halton", scramble=False), id="halton"),
]
"""Every sampler, with generations that a short search has several of."""


def searched(
    settings: Settings, *, workers: int = 1, restart: bool = False, seed: int = 20, trials: int = 45
) -> list[Params]:
    """All suggestions of a search.

    Args:
        settings: the sampler's.
        workers: who take turns, each with a sampler of its own.
        restart: whether every single trial is asked by a search that has just been started.
        seed: the study's.
        trials: how many, fewer for a Gaussian process, which takes its time.
    """
    study = optuna.create_study()
    there = [SeededSampler(settings, seed, FINITE) for _ in range(workers)]
    count = 16 if isinstance(settings, GpSampler) else trials

    def sampler_of(number: int) -> SeededSampler:
        return SeededSampler(settings, seed, FINITE) if restart else there[number % workers]

    return grow(study, sampler_of, count, space=FINITE, apart=4)


@pytest.mark.parametrize("settings", SMALL)
def test_the_same_seed_and_history_give_the_same_suggestions_to_whoever_asks(settings):
    """One worker, three in turn, and a search that is started again for every trial."""
    expected = searched(settings)
    assert searched(settings) == expected
    assert searched(settings, workers=3) == expected
    assert searched(settings, restart=True) == expected


@pytest.mark.parametrize("settings", SMALL)
def test_trials_of_other_numbers_get_other_suggestions(settings):
    study = optuna.create_study()
    space = FINITE if isinstance(settings, GridSampler) else SPACE
    sampler = SeededSampler(settings, 20, space)
    count = 16 if isinstance(settings, GpSampler) else 45
    drawn = [tuple(params.items()) for params in grow(study, lambda number: sampler, count, space=space, apart=4)]
    # A child may have a parent's parameters, all of them, where nothing mutates.
    assert len(set(drawn)) >= count - (5 if isinstance(settings, Nsga2Sampler) else 0)


@pytest.mark.parametrize("settings", SMALL)
def test_another_study_seed_gives_other_suggestions(settings):
    if settings == QmcSampler(sequence="halton", scramble=False):
        pytest.skip("without scrambling, the sequence is one and the same for all studies")
    assert searched(settings, trials=8) != searched(settings, seed=21, trials=8)


@pytest.mark.parametrize("settings", SMALL)
def test_a_history_that_another_sampler_made_is_no_hindrance(settings):
    """A study's sampler may be changed from run to run."""
    study = optuna.create_study()
    first = SeededSampler(TpeSampler(startup_trials=5), 20, FINITE)
    grow(study, lambda number: first, 12, space=FINITE)
    then = SeededSampler(settings, 20, FINITE)
    assert len(grow(study, lambda number: then, 12, space=FINITE)) == 12


def test_every_sampler_of_a_study_file_is_among_these():
    assert {type(case.values[0]) for case in SMALL} == set(SAMPLERS)


def test_making_a_sampler_warns_of_nothing():
    """Warnings are errors here, and Optuna calls some of these experimental."""
    for case in SMALL:
        if not isinstance(case.values[0], GpSampler):
            SeededSampler(case.values[0], 20, FINITE)


def test_asks_in_a_batch_share_a_fit_of_tpe_and_make_no_difference_to_the_others():
    def drawn(settings: Settings, *, at_once: bool) -> list[Params]:
        study = study_of(30)
        sampler = study.sampler = SeededSampler(settings, 20, SPACE)
        if at_once:
            with sampler.batch():
                return [suggested(study.ask()) for _ in range(6)]
        return [suggested(study.ask()) for _ in range(6)]

    for settings in (RandomSampler(), CmaesSampler(), Nsga2Sampler(population_size=6), QmcSampler()):
        assert drawn(settings, at_once=True) == drawn(settings, at_once=False)
    assert drawn(TpeSampler(), at_once=True) != drawn(TpeSampler(), at_once=False)
    assert drawn(TpeSampler(asks_per_fit=1), at_once=True) == drawn(TpeSampler(asks_per_fit=1), at_once=False)


def test_cmaes_models_what_every_trial_has_to_the_end_though_other_parameters_come_and_go():
    study, sampler = optuna.create_study(), SeededSampler(CmaesSampler(population_size=5), 20, SPACE)
    grow(study, lambda number: sampler, 60, apart=1)
    late = study.get_trials()[30:]
    assert {"sgd", "adadelta"} <= {trial.params["optimizer.kind"] for trial in late}
    assert all("cma:generation" in trial.system_attrs for trial in late)
    assert max(trial.system_attrs["cma:generation"] for trial in late) > 5
    trial = study.ask()
    suggested(trial)
    assert trial.relative_params.keys() == {"layers.depth", "layers.width", "layers.dropout", "layers.l2"}


def test_cmaes_draws_at_random_where_there_is_no_number_to_model():
    choices = space_of(layers={"activation": {"choices": ["relu", "tanh"]}})
    study, sampler = optuna.create_study(), SeededSampler(CmaesSampler(), 20, choices)
    drawn = {params["layers.activation"] for params in grow(study, lambda number: sampler, 30, space=choices)}
    assert drawn == {"relu", "tanh"}


def test_cmaes_searches_a_single_number():
    single = space_of(layers={"dropout": {"low": 0.0, "high": 0.5}})
    study, sampler = optuna.create_study(), SeededSampler(CmaesSampler(), 20, single)
    assert len(grow(study, lambda number: sampler, 30, space=single)) == 30


def test_cmaes_finds_better_trials_than_chance_does():
    study, sampler = optuna.create_study(), SeededSampler(CmaesSampler(), 20, SPACE)
    for _ in range(120):
        study.sampler = sampler
        trial = study.ask()
        params = suggested(trial)
        study.tell(trial, (params["layers.dropout"] - 0.2) ** 2 + abs(params["layers.width"] - 100) / 100)
    values = [trial.value for trial in study.get_trials()]
    assert sorted(values[-20:])[10] < sorted(values[:20])[10] / 2


def test_nsga2_breeds_generations():
    study, sampler = optuna.create_study(), SeededSampler(Nsga2Sampler(population_size=6), 20, SPACE)
    grow(study, lambda number: sampler, 60)
    generations = [trial.system_attrs["NSGAIISampler:generation"] for trial in study.get_trials()]
    assert generations[0] == 0
    assert max(generations) >= 3


def test_qmc_takes_a_trials_number_for_its_place_and_stores_nothing():
    study, sampler = optuna.create_study(), SeededSampler(QmcSampler(scramble=False), 20, SPACE)
    drawn = grow(study, lambda number: sampler, 4)
    # The Sobol sequence begins 0, 1/2, 3/4, 1/4 in its first dimension, and has 1/4 or 3/4 next in the others.
    assert [params["layers.depth"] for params in drawn[:2]] == [1, 2]
    assert drawn[0]["layers.l2"] == pytest.approx(1e-8)
    assert drawn[1]["layers.l2"] == pytest.approx(1e-5)
    assert not study._storage.get_study_system_attrs(study._study_id)


def test_qmc_fills_the_space_more_evenly_than_chance():
    def largest_gap(settings: Settings) -> float:
        study, sampler = optuna.create_study(), SeededSampler(settings, 20, SPACE)
        starts = sorted(params["layers.l2"] for params in grow(study, lambda number: sampler, 64))
        return max(later / earlier for earlier, later in pairwise(starts))

    assert largest_gap(QmcSampler()) < largest_gap(RandomSampler()) / 1.5


@pytest.mark.parametrize(
    ("settings", "absent", "told"),
    [
        (
            CmaesSampler(),
            {"cmaes"},
            'search.sampler is "cmaes", which needs cmaes, and that is not installed here; pip install cmaes',
        ),
        (GpSampler(), {"torch"}, "which needs torch, and that is not installed here; pip install torch"),
        (
            GpSampler(),
            {"torch", "scipy"},
            "which needs scipy and torch, and that is not installed here; pip install scipy torch",
        ),
    ],
)
def test_a_missing_package_is_told_before_the_first_trial_with_the_command_that_installs_it(
    monkeypatch, settings, absent, told
):
    monkeypatch.setattr(needs, "find_spec", lambda name: None if name in absent else object())
    with pytest.raises(StudyError) as error:
        SeededSampler(settings, 20, SPACE)
    assert told in str(error.value)


def test_only_a_grid_is_ever_exhausted():
    study = study_of(20)
    for settings in (TpeSampler(), RandomSampler(), CmaesSampler(), Nsga2Sampler(), QmcSampler()):
        sampler = SeededSampler(settings, 20, SPACE)
        assert sampler.left(study) is None
        assert not sampler.exhausted(study)


def test_a_trial_that_waits_and_is_taken_up_again_keeps_its_parameters():
    for case in SMALL:
        if isinstance(case.values[0], GpSampler):
            continue
        study = optuna.create_study(sampler=SeededSampler(case.values[0], 20, FINITE))
        trial = study.ask()
        first = suggested(trial, FINITE)
        study._storage.set_trial_state_values(trial._trial_id, TrialState.WAITING)
        assert suggested(study.ask(), FINITE) == first
