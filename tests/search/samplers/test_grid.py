from __future__ import annotations

from collections import Counter

import optuna
import pytest
from optuna.trial import TrialState, create_trial

from tests.search.samplers.histories import grow, space_of, suggested
from tuner.errors import StudyError
from tuner.search.samplers import SeededSampler
from tuner.study.sampler_settings import GridSampler, RandomSampler

SPACE = space_of(
    layers={"depth": {"low": 1, "high": 2}, "dropout": {"low": 0.0, "high": 0.3, "step": 0.1}},
    optimizer={
        "kind": {"choices": ["sgd", "adagrad", "adadelta"]},
        "learning_rate": {"choices": [0.01, 0.1]},
        "sgd": {"nesterov": {"choices": [True, False]}},
    },
)
SIZE = 2 * 4 * (2 * 2 + 2 + 1)
"""Adadelta keeps its rate, and only sgd has a nesterov."""


def sampler(seed: int = 20) -> SeededSampler:
    return SeededSampler(GridSampler(), seed, SPACE)


def searched(study: optuna.Study, *samplers: SeededSampler, trials: int = 1000, apart: int = 1) -> list[tuple]:
    """Search until nothing is left, as a search does; all trials are told in the end."""
    drawn, running = [], []
    while len(drawn) < trials and not samplers[0].exhausted(study):
        study.sampler = samplers[len(drawn) % len(samplers)]
        running.append(study.ask())
        drawn.append(tuple(suggested(running[-1], SPACE).items()))
        if len(running) == apart:
            study.tell(running.pop(0), 1.0)
    for trial in running:
        study.tell(trial, 1.0)
    return drawn


def test_a_search_ends_when_every_configuration_that_can_occur_has_been_tried_once():
    drawn = searched(optuna.create_study(), sampler())
    assert len(drawn) == SIZE == len(set(drawn))


@pytest.mark.parametrize("workers", [2, 5])
def test_workers_try_every_configuration_once_between_them(workers):
    drawn = searched(optuna.create_study(), *[sampler() for _ in range(workers)], apart=7)
    assert len(drawn) == SIZE == len(set(drawn))


def test_workers_who_cannot_see_each_other_yet_take_different_configurations():
    """Their trials bear different numbers; nothing else is known when they ask at the same time."""
    study = optuna.create_study()
    asked = [study.ask() for _ in range(SIZE)]
    drawn = []
    for trial in asked:
        study.sampler = sampler()
        seen_by_it = optuna.Trial(study, trial._trial_id)
        drawn.append(tuple(suggested(seen_by_it, SPACE).items()))
    assert len(set(drawn)) == SIZE


def test_it_goes_on_after_a_restart():
    study = optuna.create_study()
    first = searched(study, sampler(), trials=20)
    rest = searched(study, sampler())
    assert len({*first, *rest}) == SIZE == len(first) + len(rest)


def test_running_waiting_and_failed_trials_count_as_taken():
    study = optuna.create_study(sampler=sampler())
    here = sampler()
    assert here.left(study) == SIZE
    running, put_back, failed = (study.ask() for _ in range(3))
    assert here.left(study) == SIZE - 3  # each will choose a point of its own
    assert len({tuple(suggested(trial, SPACE).items()) for trial in (running, put_back, failed)}) == 3
    assert here.left(study) == SIZE - 3
    study._storage.set_trial_state_values(put_back._trial_id, TrialState.WAITING)
    study.tell(failed, state=TrialState.FAIL)
    assert here.left(study) == SIZE - 3


def test_another_attempt_at_a_failed_trial_is_no_second_configuration():
    study = optuna.create_study(sampler=sampler())
    failed = study.ask()
    suggested(failed, SPACE)
    study.tell(failed, state=TrialState.FAIL)
    study.add_trial(create_trial(state=TrialState.WAITING, params=failed.params, distributions=failed.distributions))
    assert suggested(study.ask(), SPACE) == failed.params
    drawn = searched(study, sampler())
    assert len(set(drawn)) == len(drawn) == SIZE - 1


def test_what_another_sampler_has_tried_is_not_tried_again():
    study = optuna.create_study()
    by_chance = SeededSampler(RandomSampler(), 20, SPACE)
    tried = {tuple(params.items()) for params in grow(study, lambda number: by_chance, 30, space=SPACE, apart=1)}
    drawn = searched(study, sampler())
    assert len(drawn) == SIZE - len(tried)
    assert tried.isdisjoint(drawn)


def test_a_trial_that_is_not_of_the_grid_counts_for_nothing():
    study = optuna.create_study()
    study.add_trial(
        create_trial(
            value=1.0, params={"rate": 0.5}, distributions={"rate": optuna.distributions.FloatDistribution(0, 1)}
        )
    )
    assert sampler().left(study) == SIZE


def test_one_who_asks_when_nothing_is_left_gets_a_configuration_all_the_same():
    """Another worker may have taken the last one a moment ago; telling such a trial is no error either."""
    study = optuna.create_study()
    every = set(searched(study, sampler()))
    study.sampler = sampler()
    trial = study.ask()
    assert tuple(suggested(trial, SPACE).items()) in every
    study.tell(trial, 1.0)


def test_the_first_few_trials_have_been_everywhere():
    drawn = [dict(params) for params in searched(optuna.create_study(), sampler(), trials=SIZE // 3)]
    for name, values in {"layers.depth": 2, "layers.dropout": 4, "optimizer.kind": 3}.items():
        assert len({params[name] for params in drawn}) == values


def test_other_study_seeds_start_elsewhere():
    starts = Counter(searched(optuna.create_study(), sampler(seed), trials=1)[0] for seed in range(30))
    assert len(starts) > 10


def test_a_grid_beyond_all_memory_is_searched_like_any_other():
    large = space_of(
        batch_size={"low": 1, "high": 1000},
        epochs={"low": 1, "high": 1000},
        layers={"width": {"low": 1, "high": 1000}, "dropout": {"low": 0.0, "high": 0.999, "step": 0.001}},
    )
    study, grid = optuna.create_study(), SeededSampler(GridSampler(), 20, large)
    assert grid.left(study) == 1000**4
    drawn = grow(study, lambda number: grid, 20, space=large)
    assert len({tuple(params.items()) for params in drawn}) == 20
    assert grid.left(study) == 1000**4 - 20


def test_lists_are_among_its_choices():
    listed = space_of(
        schedule={
            "kind": "piecewise",
            "boundaries": {"choices": [[10, 20], [5, 30]]},
            "values": {"choices": [[0.1, 0.01], [0.01, 0.001]]},
        }
    )
    study, grid = optuna.create_study(), SeededSampler(GridSampler(), 20, listed)
    assert grid.left(study) == 4
    grow(study, lambda number: grid, 4, space=listed, apart=1)
    assert grid.exhausted(study)


def test_a_grid_needs_a_space():
    with pytest.raises(StudyError, match="space"):
        SeededSampler(GridSampler(), 20)
