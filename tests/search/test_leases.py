from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
import sqlalchemy
from optuna.distributions import FloatDistribution
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState, create_trial
from sqlalchemy import update
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError

from tests.processes import at_once
from tuner.search import leases
from tuner.search.block_storage import BlockStorage
from tuner.search.leases import ATTEMPT, CHECKPOINT, LOST_WORKERS
from tuner.search.owners import OWNER
from tuner.search.rows import HEARTBEATS
from tuner.search.storage import opened_backend

FIRST, SECOND = {"search": "first"}, {"search": "second"}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs("postgresql"))])
def url(request: pytest.FixtureRequest, tmp_path) -> URL:
    if request.param == "sqlite":
        return URL.create("sqlite", database=str(tmp_path / "trials.db"))
    return request.getfixturevalue("postgresql")


@contextmanager
def worker(url: URL) -> Iterator[BlockStorage]:
    with opened_backend(url) as backend, closing(BlockStorage(backend)) as storage:
        yield storage


@pytest.fixture
def first(url: URL) -> Iterator[BlockStorage]:
    with worker(url) as storage:
        storage.create_new_study([StudyDirection.MINIMIZE], "shared")
        yield storage


@pytest.fixture
def second(first: BlockStorage, url: URL) -> Iterator[BlockStorage]:
    with worker(url) as storage:
        yield storage


def study_of(storage: BlockStorage) -> int:
    return storage.get_study_id_from_name("shared")


def stored(url: URL) -> list[FrozenTrial]:
    with opened_backend(url) as backend:
        return backend.get_all_trials(backend.get_study_id_from_name("shared"))


def everybody(trial: FrozenTrial) -> bool:
    return True


def nobody(trial: FrozenTrial) -> bool:
    return False


def test_what_is_taken_runs_bears_its_owners_name_and_has_a_heartbeat(first, url):
    with first.hold(FIRST):
        first.take(study_of(first), 2, None)
    trials = stored(url)
    assert [(trial.number, trial.state) for trial in trials] == [(0, TrialState.RUNNING), (1, TrialState.RUNNING)]
    assert [trial.system_attrs[OWNER] for trial in trials] == [FIRST, FIRST]
    with first.transaction() as connection:
        assert len(connection.execute(sqlalchemy.select(HEARTBEATS)).all()) == 2


def test_waiting_trials_are_taken_first_in_their_order(first, url):
    study = study_of(first)
    with first.hold(FIRST):
        ids = first.take(study, 3, None)
        for trial_id in ids[1:]:
            first.set_trial_state_values(trial_id, TrialState.WAITING)
        first.flush()
    with first.hold(SECOND):
        assert first.take(study, 4, None)[:2] == ids[1:]
    assert [trial.system_attrs[OWNER]["search"] for trial in stored(url)] == ["first"] + ["second"] * 4


def test_nobody_takes_more_than_the_budget_has(first, second):
    study = study_of(first)
    with first.hold(FIRST), second.hold(SECOND):
        assert len(first.take(study, 3, 5)) == 3
        assert len(second.take(study, 3, 5)) == 2
        assert first.take(study, 1, 5) == []
        # A failed trial makes room, a finished one does not.
        ids = sorted(first.held)
        first.set_trial_state_values(ids[0], TrialState.FAIL)
        first.set_trial_state_values(ids[1], TrialState.COMPLETE, [0.5])
        assert first.flush() == frozenset()
        assert len(second.take(study, 3, 5)) == 1


def take_one_by_one(url: URL, name: int, total: int) -> None:
    with worker(url) as storage, storage.hold({"search": name}):
        study = study_of(storage)
        while taken := storage.take(study, 1, total):
            for trial_id in taken:
                storage.set_trial_user_attr(trial_id, "worker", name)
                storage.set_trial_state_values(trial_id, TrialState.COMPLETE, [float(name)])
            assert storage.flush() == frozenset()


TAKE = """
import sys
from sqlalchemy.engine import make_url
from tests.search.test_leases import take_one_by_one

GO

take_one_by_one(make_url(sys.argv[1]), int(sys.argv[2]), 60)
"""


def test_eight_processes_share_one_budget_exactly(first, url):
    at_once(TAKE, [[url.render_as_string(hide_password=False), str(name)] for name in range(8)])
    trials = stored(url)
    assert [trial.number for trial in trials] == list(range(60))
    assert {trial.state for trial in trials} == {TrialState.COMPLETE}
    assert all(trial.value == trial.user_attrs["worker"] for trial in trials)


def test_what_others_took_before_ones_own_trials_is_learnt_of(first, second):
    study = study_of(first)
    first.refresh(study)
    second.refresh(study)
    with first.hold(FIRST), second.hold(SECOND):
        theirs = first.take(study, 2, None)
        ours = second.take(study, 2, None)
        second.refresh(study)
        assert [trial.number for trial in second.get_all_trials(study)] == [0, 1, 2, 3]
        for trial_id in theirs:
            first.set_trial_state_values(trial_id, TrialState.COMPLETE, [1.0])
        for trial_id in ours:
            second.set_trial_state_values(trial_id, TrialState.COMPLETE, [1.0])
        first.flush()
        second.flush()
        for storage in (first, second):
            storage.refresh(study)
            assert {trial.number for trial in storage.arrivals(study)} == {0, 1, 2, 3}
            assert len(storage.arrivals(study)) == 4


def test_those_that_have_ended_are_found_in_the_order_in_which_they_did(first, second):
    study = study_of(first)
    with first.hold(FIRST):
        ids = first.take(study, 4, None)
        for trial_id in [ids[2], ids[0], ids[1]]:
            first.set_trial_state_values(trial_id, TrialState.COMPLETE, [1.0])
        first.flush()
        assert [trial.number for trial in second.arrivals(study)] == [2, 0, 1]
        assert [trial.number for trial in second.get_all_trials(study)] == [0, 1, 2, 3]


def test_rungs_that_others_running_trials_have_reached_are_learnt_of(first, second):
    study = study_of(first)
    with first.hold(FIRST), second.hold(SECOND):
        [trial_id] = first.take(study, 1, None)
        first.set_trial_param(trial_id, "x", 0.5, FloatDistribution(0.0, 1.0))
        first.flush()
        second.refresh(study)
        assert second.get_trial(trial_id).params == {"x": 0.5}
        first.set_trial_system_attr(trial_id, "completed_rung_0", 0.25)
        first.set_trial_system_attr(trial_id, "other", 1)
        first.flush()
        second.refresh(study)
        assert second.get_trial(trial_id).system_attrs["completed_rung_0"] == 0.25


def test_a_study_can_be_read_while_others_take_trials(first, second, url):
    """One reading sees one moment, however many statements it takes."""
    study = study_of(first)
    with first.hold(FIRST):
        first.take(study, 1, None)
    taken: list[int] = []

    def take_meanwhile(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        del connection, cursor, rest
        if "FROM trial_params" in statement and not taken:
            with second.hold(SECOND):
                taken.extend(second.take(study, 3, None))

    sqlalchemy.event.listen(first._engine, "before_cursor_execute", take_meanwhile)
    assert len(first.get_all_trials(study)) == 1
    assert len(taken) == 3
    sqlalchemy.event.remove(first._engine, "before_cursor_execute", take_meanwhile)
    assert len(first.get_all_trials(study)) == 4


def test_a_worker_that_was_merely_slow_cannot_write_to_what_was_taken_from_it(first, second, url):
    study = study_of(first)
    with first.hold(FIRST), second.hold(SECOND):
        [kept, taken] = first.take(study, 2, 2)
        first.set_trial_intermediate_value(kept, 0, 0.25)
        first.set_trial_intermediate_value(taken, 0, 0.75)
        second.refresh(study)
        given = second.give_back(study, lambda trial: trial._trial_id == taken, grace_seconds=None, most=20)
        assert [each.number for each in given] == [1]
        assert second.take(study, 1, 2) == [taken]
        first.set_trial_state_values(taken, TrialState.COMPLETE, [0.75])
        assert first.flush() == {taken}
        assert taken not in first.held
        second.set_trial_state_values(taken, TrialState.COMPLETE, [0.5])
        assert second.flush() == frozenset()
    trials = stored(url)
    assert trials[0].intermediate_values == {0: 0.25}
    assert (trials[1].value, trials[1].intermediate_values) == (0.5, {})


def test_a_trial_that_somebody_else_ended_is_lost_to_its_owner(first, second, url):
    with first.hold(FIRST):
        [trial_id] = first.take(study_of(first), 1, None)
        second.set_trial_state_values(trial_id, TrialState.FAIL)
        first.set_trial_intermediate_value(trial_id, 0, 1.0)
        assert first.flush() == {trial_id}
        assert first.get_trial(trial_id).state is TrialState.FAIL
    assert stored(url)[0].intermediate_values == {}


def test_what_a_lost_worker_trained_waits_again_as_another_attempt(first, second, url):
    study = study_of(first)
    with first.hold(FIRST):
        [trial_id] = first.take(study, 1, None)
        first.set_trial_user_attr(trial_id, "mark", "kept")
        first.set_trial_intermediate_value(trial_id, 0, 1.0)
        first.flush()
    [given] = second.give_back(study, everybody, grace_seconds=None, most=20)
    assert (given.number, given.lost, given.failed, given.epochs) == (0, 1, False, 0)
    [trial] = stored(url)
    assert trial.state is TrialState.WAITING
    assert trial.user_attrs == {"mark": "kept", ATTEMPT: 2, LOST_WORKERS: 1}
    assert trial.intermediate_values == {}
    assert second.give_back(study, everybody, grace_seconds=None, most=20) == []


def test_a_lost_trial_goes_on_from_the_checkpoint_that_it_came_with(first, second, url):
    study = study_of(first)
    with first.hold(FIRST):
        [trial_id] = first.take(study, 1, None)
        first.set_trial_system_attr(trial_id, CHECKPOINT, {"file": "0-a.npz", "epochs": 2})
        for epoch in range(4):
            first.set_trial_intermediate_value(trial_id, epoch, 1.0 / (1 + epoch))
        first.flush()
    [given] = second.give_back(study, everybody, grace_seconds=None, most=20)
    assert given.epochs == 2
    assert sorted(stored(url)[0].intermediate_values) == [0, 1]


def test_a_trial_that_kills_its_workers_is_given_up(first, second, url):
    study = study_of(first)
    for lost in range(1, 4):
        with first.hold(FIRST):
            assert len(first.take(study, 1, 1)) == 1
        [given] = second.give_back(study, everybody, grace_seconds=None, most=2)
        assert (given.lost, given.failed) == (lost, lost == 3)
    [trial] = stored(url)
    assert trial.state is TrialState.FAIL
    assert trial.user_attrs["error"] == "3 workers were lost while they trained it"


def silence(storage: BlockStorage) -> None:
    """Let every heartbeat be an hour old."""
    with storage.transaction() as connection:
        leases._in_utc(connection)
        now = connection.execute(sqlalchemy.select(sqlalchemy.func.current_timestamp())).scalar_one()
        hour_ago = str(now)[:19]
        past = sqlalchemy.func.datetime(hour_ago, "-1 hour") if connection.dialect.name == "sqlite" else None
        if past is None:
            past = sqlalchemy.text("LOCALTIMESTAMP - INTERVAL '1 hour'")
        connection.execute(update(HEARTBEATS).values(heartbeat=past))


def test_a_worker_that_has_not_been_heard_of_for_the_grace_period_is_lost(first, second, url):
    study = study_of(first)
    with first.hold(FIRST):
        first.take(study, 1, None)
        assert second.give_back(study, nobody, grace_seconds=60.0, most=20) == []
        silence(first)
        assert second.give_back(study, nobody, grace_seconds=None, most=20) == []
        assert second.give_back(study, nobody, grace_seconds=7200.0, most=20) == []
        first.beat(study)
        assert second.give_back(study, nobody, grace_seconds=60.0, most=20) == []
        silence(first)
        assert len(second.give_back(study, nobody, grace_seconds=60.0, most=20)) == 1


def test_a_heartbeat_is_not_meant_for_what_others_train(first, second, url):
    study = study_of(first)
    with first.hold(FIRST), second.hold(SECOND):
        first.take(study, 1, None)
        [theirs] = second.take(study, 1, None)
        silence(first)
        first.beat(study)
        given = first.give_back(study, nobody, grace_seconds=60.0, most=20)
        assert [each.number for each in given] == [first.get_trial(theirs).number]


@contextmanager
def answers_lost(storage: BlockStorage, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every transaction is committed, and then fails as if the connection had been lost before the answer came."""
    real = storage.transaction

    @contextmanager
    def unanswered(**settings: Any) -> Iterator[Any]:
        with real(**settings) as connection:
            yield connection
        raise OperationalError("COMMIT", {}, Exception("server closed the connection unexpectedly"))

    with monkeypatch.context() as patch:
        patch.setattr(storage, "transaction", unanswered)
        yield


def test_trials_whose_taking_was_not_answered_are_taken_when_it_is_tried_again(first, url, monkeypatch):
    study = study_of(first)
    with first.hold(FIRST):
        with answers_lost(first, monkeypatch), pytest.raises(OperationalError):
            first.take(study, 2, 3)
        assert not first.held
        ids = first.take(study, 2, 3)
        assert first.held == set(ids)
    assert len(stored(url)) == 2


def test_a_block_whose_writing_was_not_answered_is_written_once(first, url, monkeypatch):
    study = study_of(first)
    with first.hold(FIRST):
        [trial_id] = first.take(study, 1, None)
        first.set_trial_intermediate_value(trial_id, 0, 0.5)
        first.set_trial_state_values(trial_id, TrialState.COMPLETE, [0.5])
        with answers_lost(first, monkeypatch), pytest.raises(OperationalError):
            first.flush()
        assert first.has_to_write
        assert first.flush() == frozenset()
    [trial] = stored(url)
    assert (trial.state, trial.value, trial.intermediate_values) == (TrialState.COMPLETE, 0.5, {0: 0.5})


def test_another_attempt_is_queued_once_though_its_writing_was_not_answered(first, url, monkeypatch):
    study = study_of(first)
    with first.hold(FIRST):
        [trial_id] = first.take(study, 1, None)
        first.set_trial_state_values(trial_id, TrialState.FAIL)
        first.queue(study, create_trial(state=TrialState.WAITING), after=trial_id)
        with answers_lost(first, monkeypatch), pytest.raises(OperationalError):
            first.flush()
        assert first.flush() == frozenset()
    assert [trial.state for trial in stored(url)] == [TrialState.FAIL, TrialState.WAITING]


def test_no_attempt_is_queued_after_a_trial_that_was_taken_away(first, second, url):
    study = study_of(first)
    with first.hold(FIRST):
        [trial_id] = first.take(study, 1, None)
        assert len(second.give_back(study, everybody, grace_seconds=None, most=20)) == 1
        first.set_trial_state_values(trial_id, TrialState.FAIL)
        first.queue(study, create_trial(state=TrialState.WAITING), after=trial_id)
        assert first.flush() == {trial_id}
    assert [trial.state for trial in stored(url)] == [TrialState.WAITING]
