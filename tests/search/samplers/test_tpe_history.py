from __future__ import annotations

import math

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState

from tests.search.samplers.histories import study_of
from tuner.search.samplers.tpe_history import History

NAMES = ("layers.l2",)
"""Every trial has it."""


def read(study: optuna.Study, history: History | None = None, asking: int = -1) -> History:
    history = history or History(lambda trial, study: trial.params)
    history.read(study, asking)
    return history


def everything(history: History) -> list[int]:
    """The numbers of all trials that count."""
    best, others = history.split(NAMES, history.best(0), None)
    assert not best.size
    return others.tolist()


def running(study: optuna.Study) -> list[int]:
    return [trial.number for trial in study.get_trials(states=[TrialState.RUNNING])]


def test_finished_trials_are_counted_and_failed_and_waiting_ones_are_not():
    study = study_of(60, running=4)
    study.enqueue_trial({"layers.l2": 1e-4})
    states = [trial.state for trial in study.get_trials(deepcopy=False)]
    assert TrialState.FAIL in states
    finished = sum(state in (TrialState.COMPLETE, TrialState.PRUNED) for state in states)
    history = read(study)
    assert history.finished == finished
    assert len(everything(history)) == finished + states.count(TrialState.RUNNING)


def test_each_finished_trial_is_read_once(monkeypatch):
    study = study_of(60)
    history = read(study)
    for trial in study.get_trials(deepcopy=False):
        if trial.state.is_finished():
            monkeypatch.setattr(trial, "_params", None)
    assert read(study, history).finished == history.finished


def test_a_trial_that_ends_between_two_reads_moves_from_the_running_to_the_finished():
    study = study_of(40, running=3)
    history = read(study)
    ended, before = running(study)[0], history.finished
    study.tell(ended, -math.inf)
    read(study, history)
    assert history.finished == before + 1
    assert history.best(1).tolist() == [ended]


def test_a_trial_that_fails_or_is_put_back_is_no_longer_part_of_it():
    study = study_of(40, running=3)
    history = read(study)
    failed, put_back, _ = running(study)
    study.tell(failed, state=TrialState.FAIL)
    study._storage.set_trial_state_values(study.get_trials()[put_back]._trial_id, TrialState.WAITING)
    read(study, history)
    assert not {failed, put_back} & {*everything(history)}


def test_the_trial_that_is_asked_for_is_no_part_of_its_own_history():
    study = study_of(40, running=3)
    asking = running(study)[0]
    history = read(study, asking=asking)
    assert asking not in everything(history)
    read(study, history)
    assert asking in everything(history)


def test_a_running_trial_whose_parameters_are_drawn_anew_is_read_anew():
    study = study_of(40, running=3)
    history = read(study)
    number = running(study)[0]
    trial = study._storage._get_trial(study.get_trials()[number]._trial_id)
    trial.params = {**trial.params, "layers.l2": 1e-5}
    assert read(study, history).observations(NAMES, np.array([number]))["layers.l2"].tolist() == [1e-5]


def test_groups_have_the_order_of_the_trials_numbers_whichever_finished_first():
    def groups(order: list[int]) -> list[list[str]]:
        study = optuna.create_study()
        trials = [study.ask() for _ in order]
        for trial, names in zip(trials, (["a", "b"], ["b", "c"], ["d"]), strict=True):
            for name in names:
                trial.suggest_float(name, 0.0, 1.0)
        history = History(lambda trial, study: trial.params)
        for number in order:
            study.tell(number, 0.0)
            history.read(study, -1)
            history.groups()
        return [list(group) for group in history.groups()]

    assert groups([0, 1, 2]) == groups([2, 1, 0]) == groups([1, 2, 0])


@pytest.mark.parametrize("count", [63, 64, 65, 200])
def test_it_grows_with_the_study(count):
    study = optuna.create_study()
    for number in range(count):
        trial = study.ask()
        trial.suggest_float(f"p{number % 40}", 0.0, 1.0)
        study.tell(trial, float(number))
    history = read(study)
    assert history.finished == count
    assert history.split(["p0"], history.best(0), None)[1].tolist() == [*range(0, count, 40)]
    assert history.best(3).tolist() == [0, 1, 2]


def test_a_limited_split_keeps_the_best_and_the_running_ones_and_the_last_of_the_rest():
    study = study_of(60, running=4)
    history = read(study)
    best = history.best(6)
    chosen, others = history.split(NAMES, best, None)
    assert chosen.tolist() == best.tolist()
    rest = [number for number in others.tolist() if number not in running(study)]
    for most in (60, 40, 15, 11, 10, 3, 0):
        chosen, others = history.split(NAMES, best, most)
        assert chosen.tolist() == best.tolist()
        room = max(most - 6 - 4, 0)
        assert others.tolist() == sorted([*rest[max(len(rest) - room, 0) :], *running(study)])


def test_a_split_holds_only_trials_that_have_all_of_the_parameters():
    study = study_of(60)
    history = read(study)
    trials = study.get_trials()
    for name in ("optimizer.learning_rate", "momentum.start"):
        best, others = history.split([name, "layers.l2"], history.best(history.finished), None)
        having = [trial.number for trial in trials if name in trial.params and trial.state is not TrialState.FAIL]
        assert 0 < len(having) < len(trials)
        assert sorted([*best.tolist(), *others.tolist()]) == having
