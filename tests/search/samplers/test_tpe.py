"""The fast TPE against Optuna's own, and what a batch and a limited history make of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from tests.search.samplers.histories import grow, optunas_own, study_of, suggested, tell
from tuner.search.samplers.tpe import BatchTpeSampler
from tuner.search.samplers.tpe_history import History


def ours(seed: int = 1, **settings: Any) -> BatchTpeSampler:
    chosen: dict[str, Any] = {"startup_trials": 10, "candidates": 24, "most_trials": None, "asks_per_fit": 8}
    return BatchTpeSampler(seed=seed, **{**chosen, **settings})


def asked(study: optuna.Study, sampler: optuna.samplers.BaseSampler) -> dict[str, Any]:
    """What a sampler suggests next, jointly and one by one; the study has a failed trial more, which nobody minds."""
    study.sampler = sampler
    trial = study.ask()
    params = {**suggested(trial), **{f"joint {name}": value for name, value in trial.relative_params.items()}}
    study.tell(trial, state=TrialState.FAIL)
    return params


def assert_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> None:
    """The same suggestions, numbers to the twelfth digit: SciPy computes the normal distribution in its own way."""
    assert one.keys() == other.keys()
    for name, value in one.items():
        assert value == (pytest.approx(other[name], rel=1e-12) if isinstance(value, float) else other[name]), name


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
@pytest.mark.parametrize("trials", [0, 5, 15, 40, 150, pytest.param(400, marks=pytest.mark.thorough)])
def test_with_one_ask_a_fit_and_all_trials_it_suggests_what_optunas_own_sampler_does(trials, direction):
    study = study_of(trials, direction=direction, running=6)
    for seed in range(4):
        assert_same(asked(study, ours(seed)), asked(study, optunas_own(seed)))


def test_it_does_so_at_every_trial_of_a_search_and_with_its_own_settings():
    study = optuna.create_study()
    sampler = ours(startup_trials=4, candidates=7)
    for number in range(60):
        sampler._rng.rng.seed(number)
        sampler._random_sampler._rng.rng.seed(number)
        assert_same(asked(study, sampler), asked(study, optunas_own(number, n_startup_trials=4, n_ei_candidates=7)))
        grow(study, lambda number: sampler, 1, apart=1)


def test_trials_that_break_a_constraint_come_after_all_others_as_with_optuna():
    study = optuna.create_study()
    study.sampler = optuna.samplers.RandomSampler(seed=1)
    for number in range(40):
        trial = study.ask()
        params = suggested(trial)
        trial.set_constraint("size", number % 4 - 2)
        tell(study, trial, params)
    assert_same(asked(study, ours(3)), asked(study, optunas_own(3)))


def test_a_sampler_that_has_been_there_all_along_suggests_what_a_new_one_does():
    """Groups, too: they must not depend on which trial happened to finish first."""

    def searched(sampler_of):
        study = optuna.create_study()
        return grow(study, sampler_of, 80, apart=7)

    stays = ours()

    def reseeded(number):
        stays._rng.rng.seed(number)
        stays._random_sampler._rng.rng.seed(number)
        return stays

    assert searched(reseeded) == searched(lambda number: ours(number))


class Reads:
    """Counts how often a history is read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        read = History.read

        def counted(history, study, asking):
            self.count += 1
            read(history, study, asking)

        monkeypatch.setattr(History, "read", counted)


def test_asks_of_a_batch_share_a_fit_until_enough_have_used_it(monkeypatch):
    study, sampler = study_of(40), ours(asks_per_fit=8)
    study.sampler = sampler
    reads = Reads(monkeypatch)
    with sampler.batch():
        for _ in range(20):
            suggested(study.ask())
    assert reads.count == 3
    with sampler.batch():
        suggested(study.ask())
    assert reads.count == 4


def test_outside_a_batch_every_ask_has_a_fit_of_its_own(monkeypatch):
    study, sampler = study_of(40), ours(asks_per_fit=8)
    study.sampler = sampler
    reads = Reads(monkeypatch)
    with sampler.batch():
        suggested(study.ask())
    for _ in range(3):
        suggested(study.ask())
    assert reads.count == 4


def test_a_trial_that_keeps_its_parameters_uses_no_fit(monkeypatch):
    study, sampler = study_of(40), ours(asks_per_fit=2)
    study.sampler = sampler
    again = study.ask()
    suggested(again)
    reads = Reads(monkeypatch)
    with sampler.batch():
        for _ in range(4):
            suggested(optuna.Trial(study, again._trial_id))
        suggested(study.ask())
        suggested(study.ask())
    assert reads.count == 1


def test_asks_of_a_batch_draw_different_points_from_the_same_model():
    study, sampler = study_of(40), ours(asks_per_fit=8)
    study.sampler = sampler
    with sampler.batch():
        drawn = [suggested(study.ask())["layers.l2"] for _ in range(8)]
    assert len(set(drawn)) == 8


def test_what_was_asked_earlier_in_a_batch_counts_as_running_in_its_next_fit():
    """The second fit of a batch suggests what a batch that begins there does."""
    one, other = study_of(40), study_of(40)
    sampler = one.sampler = ours(asks_per_fit=4)
    with sampler.batch():
        first = [suggested(one.ask()) for _ in range(4)]
        second = suggested(one.ask())
    other.sampler = again = ours(asks_per_fit=4)
    with again.batch():
        assert [suggested(other.ask()) for _ in range(4)] == first
    with again.batch():
        assert suggested(other.ask()) == second
    unaware = study_of(40)
    alone = unaware.sampler = ours(asks_per_fit=8)
    with alone.batch():
        assert [suggested(unaware.ask()) for _ in range(4)] == first
        assert suggested(unaware.ask()) != second


@pytest.mark.parametrize("most_trials", [None, 1000])
def test_a_history_that_has_room_for_all_trials_changes_nothing(most_trials):
    study = study_of(150)
    assert asked(study, ours(most_trials=most_trials)) == asked(study, ours())


def test_a_fit_goes_by_no_more_trials_than_it_may(monkeypatch):
    study = study_of(200, running=5)
    seen: list[int] = []
    observations = History.observations

    def counted(history, names, numbers):
        seen.append(len(numbers))
        return observations(history, names, numbers)

    monkeypatch.setattr(History, "observations", counted)
    asked(study, ours(most_trials=60))
    pairs = list(zip(seen[::2], seen[1::2], strict=True))
    assert pairs
    assert max(best + others for best, others in pairs) == 60


def test_the_best_trials_and_the_running_ones_are_part_of_every_fit(monkeypatch):
    """However few trials a fit may go by: with none of the others, what these chose still decides."""
    study = study_of(120, running=5)
    seen: list[set[int]] = []
    observations = History.observations

    def noted(history, names, numbers):
        seen.append(set(numbers.tolist()))
        return observations(history, names, numbers)

    monkeypatch.setattr(History, "observations", noted)
    asked(study, ours(most_trials=1))
    trials = study.get_trials(deepcopy=False)
    running = {trial.number for trial in trials if trial.state is TrialState.RUNNING}
    best = sorted((trial for trial in trials if trial.state is TrialState.COMPLETE), key=lambda trial: trial.value)
    everywhere = [numbers for number, numbers in enumerate(seen) if number % 2 == 0]
    assert set.union(*everywhere) == {trial.number for trial in best[:11]}  # a tenth of those that did not fail
    assert set.union(*seen[1::2]) == running


def test_it_refuses_a_second_study():
    sampler = ours()
    asked(study_of(3), sampler)
    other = optuna.create_study(storage=optuna.storages.InMemoryStorage())
    optuna.create_study(storage=other._storage)
    other._study_id += 1
    with pytest.raises(ValueError, match="another study"):
        asked(other, sampler)


def test_nothing_is_stored_but_the_parameters():
    study = study_of(30)
    study.sampler = ours()
    trial = study.ask()
    suggested(trial)
    assert not study.get_trials(deepcopy=False)[trial.number].system_attrs
