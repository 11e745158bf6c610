"""A trial's members have jobs of their own, which follow from the trial's."""

from __future__ import annotations

from dataclasses import replace

from tests.contracts.trainer import job
from tuner.training.job import DataOrder
from tuner.training.members import lanes_for, member_job, members_of, trial_of, trials_at_once, trials_order

MEMBERS = members_of(folds=5, repeats=3)


def test_there_is_a_member_for_each_fold_of_each_repeat() -> None:
    assert len(set(MEMBERS)) == 15
    assert str(MEMBERS[13]) == "repeat 2, fold 3"


def test_members_have_numbers_seeds_and_data_of_their_own() -> None:
    jobs = [member_job(job(number, seed=number), MEMBERS, index) for number in range(4) for index in range(15)]
    assert len({each.number for each in jobs}) == len({each.seed for each in jobs}) == 60
    assert [each.data for each in jobs[:6]] == ["main/0.0", "main/0.1", "main/0.2", "main/0.3", "main/0.4", "main/1.0"]
    assert [trial_of(each.number, 15) for each in jobs[14:16]] == [(0, 14), (1, 0)]


def test_members_differ_in_the_order_of_rows_and_those_of_one_fold_in_its_stream_only() -> None:
    trials = [replace(job(number), order=DataOrder(11, stream=number)) for number in range(2)]
    first, second = ([member_job(trial, MEMBERS, index).order for index in range(15)] for trial in trials)
    assert len({order.seed for order in first}) == 15
    assert [replace(order, stream=1) for order in first] == second


def test_a_trials_order_gives_its_members_order_again() -> None:
    trial = job(3)
    theirs = replace(member_job(trial, MEMBERS, 0).order, stream=7, first_epoch=2)
    again = trials_order(trial, theirs)
    assert again == DataOrder(trial.order.seed, stream=7, first_epoch=2)
    assert member_job(replace(trial, order=again), MEMBERS, 0).order == theirs
    assert trials_order(trial, None) is None


def test_a_member_never_goes_on_from_the_trials_own_file() -> None:
    assert member_job(replace(job(0), checkpoint="0-a.npz"), MEMBERS, 2).checkpoint is None


def test_lanes_are_for_whole_trials_and_at_least_for_one() -> None:
    assert [trials_at_once(lanes, 5) for lanes in (1, 5, 9, 10, 32)] == [1, 1, 1, 2, 6]
    assert [lanes_for(lanes, 5) for lanes in (1, 5, 9, 10, 32)] == [5, 5, 5, 10, 30]
