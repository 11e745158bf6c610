from __future__ import annotations

import random
import signal
import subprocess
import sys
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState
from sqlalchemy.exc import OperationalError

from tests.search.fake_trainer import FakeLanes, FakeTrainer, loop_of, search, small_study
from tests.search.test_loop import Notes, states, trials_of
from tuner.search import limits
from tuner.search.block_storage import BlockStorage
from tuner.search.owners import present
from tuner.search.stop import StopReason, StopRequest
from tuner.training.job import End, Job, Outcome

PROJECT = Path(__file__).parents[2]


class Counting:
    """Counts the transactions of a storage that write."""

    def __init__(self, storage: BlockStorage, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        real = storage.transaction

        @contextmanager
        def counted(*, writes: bool = True):
            self.count += writes
            with real(writes=writes) as connection:
                yield connection

        monkeypatch.setattr(storage, "transaction", counted)


def test_an_epoch_of_all_lanes_is_one_transaction(storage, monkeypatch):
    transactions = Counting(storage, monkeypatch)
    counts: list[int] = []

    def before_epoch(job: Job, epoch: int) -> None:
        if job.number == 0:
            counts.append(transactions.count)

    definition = small_study(hyperparameters={"epochs": 12})
    search(storage, definition, FakeLanes(before_epoch=before_epoch, lanes=8), trials=8, lanes=8)
    # Everything that was reported in an epoch is written while the next one runs.
    assert [after - before for before, after in pairwise(counts[1:])] == [1] * 10


def test_reports_are_stored_before_the_epoch_after_the_next_begins(storage, url):
    seen: dict[int, int] = {}

    def before_epoch(job: Job, epoch: int) -> None:
        if job.number == 0:
            with BlockStorage(storage._backend).transaction(writes=False) as connection:
                reports = connection.exec_driver_sql(
                    "SELECT count(*) FROM trial_intermediate_values JOIN trials USING (trial_id) WHERE number = 0"
                )
                seen[epoch] = reports.scalar_one()

    search(storage, trainer=FakeLanes(before_epoch=before_epoch), trials=4, lanes=4)
    assert seen == {0: 0, 1: 1, 2: 2, 3: 3}


def test_the_trials_of_the_next_epoch_are_asked_while_the_present_one_is_trained(storage, monkeypatch):
    asked_at: list[tuple[str, int]] = []
    loop = loop_of(storage, small_study(), trials=12, lanes=4)
    real = loop._asking.ask
    where = ["before"]

    def ask(ids):
        asked_at.append((where[0], len(ids)))
        return real(ids)

    monkeypatch.setattr(loop._asking, "ask", ask)
    begins, ended = loop.epoch_begins, loop.epoch_ended

    def epoch_begins():
        where[0] = "in an epoch"
        begins()
        where[0] = "between epochs"

    monkeypatch.setattr(loop, "epoch_begins", epoch_begins)
    monkeypatch.setattr(loop, "epoch_ended", ended)
    loop.run(FakeLanes(), {})
    assert [count for count in asked_at if count[1]] == [("before", 4), ("in an epoch", 4), ("in an epoch", 4)]


def test_a_search_in_lanes_that_is_run_twice_has_the_same_trials_and_values(storage):
    definition = small_study(pruner={"kind": "median", "warmup_epochs": 1, "startup_trials": 2})

    def result() -> list[tuple[object, ...]]:
        search(storage, definition, FakeLanes(lanes=5), trials=40, lanes=5)
        found = [(t.number, t.state, t.params, t.values, t.intermediate_values) for t in trials_of(storage)]
        optuna.delete_study(study_name="small", storage=storage)
        return found

    first = result()
    assert len({state for _, state, *_ in first}) == 2
    assert result() == first


def test_a_known_configuration_is_not_trained_again(storage):
    trainer = FakeTrainer()
    three = {"kind": "sgd", "learning_rate": {"choices": [0.1, 0.01, 0.001]}}
    momentum = {"kind": "constant", "initial": 0.5}
    definition = small_study(hyperparameters={"optimizer": three, "momentum": momentum})
    notes = Notes()
    search(storage, definition, trainer, trials=8, watcher=notes)
    trials = trials_of(storage)
    assert len(trainer.jobs) == 3
    assert [trial.state for trial in trials] == [TrialState.COMPLETE] * 8
    for trial in trials:
        if "repeats" in trial.user_attrs:
            known = trials[trial.user_attrs["repeats"]]
            assert (trial.params, trial.values) == (known.params, known.values)
            assert trial.intermediate_values == known.intermediate_values
    assert sum("repeats" in trial.user_attrs for trial in trials) == 5
    assert any("whose result it takes over" in text for text in notes.texts)


def test_a_trial_that_was_taken_away_is_dropped_and_the_search_goes_on(storage):
    taken: list[int] = []

    def before_epoch(job: Job, epoch: int) -> None:
        if job.number == 1 and epoch == 1 and not taken:
            with storage._lock:
                thief = BlockStorage(storage._backend)
                trial = next(each for each in trials_of(thief) if each.number == 1)
                with present() as owner, thief.hold(owner):
                    thief.refresh(storage.get_study_id_from_name("small"))
                    study_id = storage.get_study_id_from_name("small")
                    thief.give_back(study_id, lambda each: each.number == 1, grace_seconds=None, most=20)
                    taken.extend(thief.take(study_id, 1, None))
                    thief.set_trial_state_values(trial._trial_id, TrialState.COMPLETE, [0.125])
                    thief.flush()
                thief.close()

    notes = Notes()
    search(storage, trainer=FakeLanes(before_epoch=before_epoch), trials=6, lanes=4, watcher=notes)
    assert len(taken) == 1
    assert states(storage) == ["COMPLETE"] * 6
    assert trials_of(storage)[1].value == 0.125
    assert any("trial 1 has been taken by another worker" in text for text in notes.texts)


def test_a_trial_that_was_put_back_by_hand_is_not_trained_twice_at_once(storage):
    reaped: list[int] = []
    lanes: list[list[int]] = []

    def before_epoch(job: Job, epoch: int) -> None:
        if job.number == 1 and epoch == 1 and not reaped:
            with storage._lock:
                hand = BlockStorage(storage._backend)
                study_id = hand.get_study_id_from_name("small")
                given = hand.give_back(study_id, lambda each: each.number == 1, grace_seconds=None, most=20)
                reaped.extend(each.number for each in given)
                hand.close()

    class Watched(FakeLanes):
        def train(self, jobs, data, observer):
            real = observer.epoch_ended

            def epoch_ended(results):
                lanes.append([result.number for result in results])
                return real(results)

            observer.epoch_ended = epoch_ended
            return super().train(jobs, data, observer)

    # A free lane asks for more at every epoch.
    search(storage, trainer=Watched(before_epoch=before_epoch, lanes=8), trials=4, lanes=8)
    assert reaped == [1]
    assert all(len(numbers) == len(set(numbers)) for numbers in lanes)
    assert states(storage) == ["COMPLETE"] * 4
    assert sorted(trials_of(storage)[1].intermediate_values) == [0, 1, 2, 3]


# Limits.


def test_a_search_ends_when_its_target_is_reached(storage):
    stop = StopRequest()
    definition = small_study(budget={"target": 1.0})
    search(storage, definition, FakeTrainer(), trials=200, stop=stop)
    assert stop.reason is StopReason.TARGET_REACHED
    values = [trial.value for trial in trials_of(storage) if trial.state is TrialState.COMPLETE]
    assert min(values) <= 1.0 < min(values[:-1], default=2.0)


def test_a_search_ends_when_nothing_has_become_better_for_a_while(storage):
    stop = StopRequest()
    trainer = FakeTrainer(objective=lambda job, epoch: 1.0 if job.number else 0.5)
    search(storage, small_study(budget={"patience": 4}), trainer, trials=200, stop=stop)
    assert stop.reason is StopReason.NO_PROGRESS
    assert states(storage) == ["COMPLETE"] * 5


def test_a_trial_that_takes_too_long_is_pruned_and_says_so(storage):
    now = [0.0]

    def before_epoch(job: Job, epoch: int) -> None:
        now[0] += 40.0 if job.number == 1 else 1.0

    definition = small_study(budget={"trial_time": "1m"})
    search(storage, definition, FakeTrainer(before_epoch=before_epoch), trials=3, clock=lambda: now[0])
    assert states(storage) == ["COMPLETE", "PRUNED", "COMPLETE"]
    slow = trials_of(storage)[1]
    assert slow.user_attrs["outcome"] == "out of time"
    assert sorted(slow.intermediate_values) == [0, 1]


def test_a_search_ends_when_every_point_of_a_grid_has_been_tried(storage):
    stop = StopRequest()
    kinds = {"kind": {"choices": ["sgd", "adagrad"]}, "learning_rate": {"choices": [0.1, 0.01, 0.001]}}
    momentum = {"kind": "constant", "initial": 0.5}
    definition = small_study(hyperparameters={"optimizer": kinds, "momentum": momentum}, sampler="grid")
    trainer = FakeLanes()
    search(storage, definition, trainer, trials=50, lanes=4, stop=stop)
    assert stop.reason is StopReason.EXHAUSTED
    assert states(storage) == ["COMPLETE"] * 6
    assert len({str(trial.params) for trial in trials_of(storage)}) == 6


def test_points_that_another_worker_has_taken_and_not_yet_asked_for_are_left_to_it(storage):
    kinds = {"kind": {"choices": ["sgd", "adagrad"]}, "learning_rate": {"choices": [0.1, 0.01, 0.001]}}
    momentum = {"kind": "constant", "initial": 0.5}
    definition = small_study(hyperparameters={"optimizer": kinds, "momentum": momentum}, sampler="grid")
    study_id = loop_of(storage, definition)._study._study_id
    other, trainer, stop = BlockStorage(storage._backend), FakeLanes(), StopRequest()
    with present() as owner, other.hold(owner):
        assert len(other.take(study_id, 4, None)) == 4
        search(storage, definition, trainer, trials=50, lanes=4, stop=stop)
    other.close()
    assert stop.reason is StopReason.EXHAUSTED
    assert [job.number for job in trainer.jobs] == [4, 5]
    search(storage, definition, trainer, trials=50, lanes=4)
    assert len({str(trial.params) for trial in trials_of(storage)}) == 6 == len(trials_of(storage))


def test_a_search_without_a_budget_ends_when_the_sampler_repeats_itself(storage):
    stop = StopRequest()
    three = {"kind": "sgd", "learning_rate": {"choices": [0.1, 0.01, 0.001]}}
    definition = small_study(hyperparameters={"optimizer": three, "momentum": {"kind": "constant", "initial": 0.5}})
    trainer = FakeLanes(lanes=2)
    search(storage, definition, trainer, trials=None, lanes=2, stop=stop)
    assert stop.reason is StopReason.EXHAUSTED
    assert {job.hyperparameters.optimizer.learning_rate for job in trainer.jobs} == {0.1, 0.01, 0.001}
    assert set(states(storage)) == {"COMPLETE"}


def test_a_stop_is_heard_while_a_sampler_repeats_itself(storage, monkeypatch):
    monkeypatch.setattr(limits, "MOST_REPETITIONS", 10**9)
    stop = StopRequest()
    three = {"kind": "sgd", "learning_rate": {"choices": [0.1, 0.01]}}
    definition = small_study(hyperparameters={"optimizer": three, "momentum": {"kind": "constant", "initial": 0.5}})
    notes = Notes()
    real = notes.note

    def note(text: str) -> None:
        real(text)
        if len(notes.texts) == 20:
            stop.ask(StopReason.INTERRUPTED)

    notes.note = note
    search(storage, definition, FakeTrainer(), trials=None, stop=stop, watcher=notes)
    assert stop.reason is StopReason.INTERRUPTED
    assert 20 <= len(notes.texts) < 40


# Trouble.


def test_lanes_that_fail_together_have_failed_once(storage):
    class Dying(FakeLanes):
        """Its process dies at the end of the first epoch, and is fine after that."""

        def train(self, jobs, data, observer):
            observer.starting()
            first = [jobs.next() for _ in range(self.lanes)]
            observer.epoch_begins()
            for job in first:
                yield Outcome(job.number, End.FAILED, epochs=0, error="its process was killed by signal 9")
            yield from super().train(jobs, data, observer)

    search(storage, trainer=Dying(lanes=12), trials=12, lanes=12)
    assert states(storage) == ["FAIL"] * 12 + ["COMPLETE"] * 12


def test_training_goes_on_while_the_storage_is_away_and_nothing_is_lost(storage, monkeypatch):
    real = storage.transaction
    away = [False]
    trained_meanwhile: list[int] = []

    @contextmanager
    def transaction(*, writes: bool = True):
        if away[0]:
            raise OperationalError("", {}, Exception("server closed the connection unexpectedly"))
        with real(writes=writes) as connection:
            yield connection

    def before_epoch(job: Job, epoch: int) -> None:
        away[0] = 1 <= epoch <= 3 and job.number < 4
        if away[0]:
            trained_meanwhile.append(epoch)

    monkeypatch.setattr(storage, "transaction", transaction)
    notes = Notes()
    definition = small_study(hyperparameters={"epochs": 6})
    search(storage, definition, FakeLanes(before_epoch=before_epoch), trials=8, lanes=4, watcher=notes)
    assert set(trained_meanwhile) == {1, 2, 3}
    assert states(storage) == ["COMPLETE"] * 8
    assert all(sorted(trial.intermediate_values) == list(range(6)) for trial in trials_of(storage))
    assert "training goes on meanwhile" in notes.texts[0]
    assert "nothing was lost" in notes.texts[1]


def test_trials_that_were_taken_but_not_asked_when_the_storage_went_away_are_asked_later(storage, monkeypatch):
    loop = loop_of(storage, trials=6, lanes=3)
    real, failures = loop._asking._ask, iter([False, True])

    def ask(trial_id):
        if next(failures, False):
            raise OperationalError("", {}, Exception("server closed the connection unexpectedly"))
        return real(trial_id)

    monkeypatch.setattr(loop._asking, "_ask", ask)
    loop.run(FakeLanes(lanes=3), {})
    assert states(storage) == ["COMPLETE"] * 6


KILLED = """
import os, sys
from contextlib import closing
from sqlalchemy.engine import URL
from tests.search.fake_trainer import FakeLanes, search
from tuner.search.block_storage import BlockStorage
from tuner.search.storage import opened_backend
from tuner.search.watcher import Watcher

statements = int(sys.argv[2])

class Telling(Watcher):
    def trial_ended(self, job, outcome, value, progress):
        print("ended", job.number, flush=True)

with opened_backend(URL.create("sqlite", database=sys.argv[1])) as backend, closing(BlockStorage(backend)) as storage:
    import sqlalchemy
    left = iter(range(statements))
    def count(*arguments):
        if next(left, None) is None:
            os.kill(os.getpid(), 9)
    sqlalchemy.event.listen(storage._engine, "before_cursor_execute", count)
    search(storage, trainer=FakeLanes(), trials=8, lanes=4, watcher=Telling())
"""


@pytest.mark.parametrize("statements", [*range(0, 60, 12), *random.Random(4).sample(range(60, 300), 4)])
def test_a_kill_at_any_moment_loses_no_trial_that_was_said_to_be_finished(storage, url, statements):
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(url.database), str(statements)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert killed.returncode in (0, -signal.SIGKILL), killed.stderr
    if killed.returncode and "small" in optuna.get_all_study_names(storage):
        said = {int(line.split()[1]) for line in killed.stdout.splitlines()}
        finished = {trial.number for trial in trials_of(storage) if trial.state.is_finished()}
        assert said <= finished
    search(storage, trials=8)
    assert states(storage) == ["COMPLETE"] * 8
    for trial in trials_of(storage):
        assert sorted(trial.intermediate_values) == [0, 1, 2, 3]
