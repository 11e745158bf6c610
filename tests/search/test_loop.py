from __future__ import annotations

import math
from contextlib import contextmanager
from itertools import count

import optuna
import pytest
from optuna.trial import TrialState
from sqlalchemy.exc import OperationalError

from tests.search.fake_trainer import FakeTrainer, better_with_time, loop_of, search, small_study
from tuner.errors import SearchError
from tuner.hyperparameters import Hyperparameters
from tuner.search.loop import MOST_ERRORS_IN_A_ROW
from tuner.search.owners import OWNER
from tuner.search.stop import StopReason, StopRequest
from tuner.search.watcher import Watcher
from tuner.seeds import derive_seed
from tuner.training.job import Job


class Notes(Watcher):
    def __init__(self) -> None:
        self.texts: list[str] = []

    def note(self, text: str) -> None:
        self.texts.append(text)


def trials_of(storage, name: str = "small"):
    return optuna.load_study(study_name=name, storage=storage).get_trials()


def states(storage) -> list[str]:
    return [trial.state.name for trial in trials_of(storage)]


def refuse_after(jobs: int, error: BaseException):
    """A hook that raises in the second epoch of the n-th job."""
    seen: list[int] = []

    def before_epoch(job: Job, epoch: int) -> None:
        seen.append(job.number)
        if epoch == 1 and len(set(seen)) == jobs:
            raise error

    return before_epoch


# The budget.


def test_a_search_ends_with_exactly_its_budget_of_trials(storage):
    trainer = FakeTrainer()
    search(storage, trainer=trainer, trials=6)
    assert states(storage) == ["COMPLETE"] * 6
    assert [job.number for job in trainer.jobs] == list(range(6))


def test_the_budget_is_the_total_over_several_runs(storage):
    for total, new in ((3, 3), (3, 0), (7, 4), (5, 0)):
        trainer = FakeTrainer()
        search(storage, trainer=trainer, trials=total)
        assert len(trainer.jobs) == new
    assert states(storage) == ["COMPLETE"] * 7


def test_pruned_and_diverged_trials_count_and_failed_ones_do_not(storage):
    def objective(job: Job, epoch: int) -> float:
        return math.nan if job.number == 2 and epoch == 1 else float(job.number)

    trainer = FakeTrainer(objective, error=lambda job: "broken" if job.number == 3 else None)
    definition = small_study(pruner={"kind": "median", "warmup_epochs": 1, "startup_trials": 1}, retries=0)
    loop = search(storage, definition, trainer, trials=6)
    progress = loop.progress()
    assert states(storage) == ["COMPLETE", "PRUNED", "PRUNED", "FAIL", "PRUNED", "PRUNED", "PRUNED"]
    assert (progress.finished, progress.pruned, progress.failed, progress.best_number) == (6, 5, 1, 0)


def test_a_search_without_a_budget_of_trials_goes_on_until_it_is_stopped(storage):
    stop = StopRequest()
    numbers = count()

    def before_epoch(job: Job, epoch: int) -> None:
        if next(numbers) == 40:
            stop.ask(StopReason.INTERRUPTED)

    search(storage, trainer=FakeTrainer(before_epoch=before_epoch), trials=None, stop=stop)
    assert states(storage) == ["COMPLETE"] * 10 + ["WAITING"]


# What a trial keeps.


def test_a_trial_keeps_its_value_at_its_best_epoch_and_everything_about_it(storage):
    def objective(job: Job, epoch: int) -> float:
        return [3.0, 1.0, 2.0, 4.0][epoch]

    trainer = FakeTrainer(objective)
    search(storage, trainer=trainer, trials=1)
    [trial], [job] = trials_of(storage), trainer.jobs
    assert trial.value == 1.0
    assert trial.intermediate_values == {0: 3.0, 1: 1.0, 2: 2.0, 3: 4.0}
    kept = trial.user_attrs
    assert kept["outcome"] == "finished"
    assert (kept["epochs"], kept["best_epoch"], kept["parameters"], kept["seconds"]) == (4, 1, 123, 0.5)
    assert kept["metrics"] == {"log_loss": 0.5, "val_log_loss": 1.0, "val_accuracy": 0.5}
    assert kept["seed"] == job.seed
    assert kept["order"] == {"stream": 0, "first_epoch": 0}
    assert {"tuner", "keras", "optuna", "tensorflow"} == set(kept["versions"])
    assert Hyperparameters.model_validate(kept["hyperparameters"]) == job.hyperparameters


def test_a_pruned_trial_has_the_value_that_it_reported_last(storage):
    trainer = FakeTrainer(lambda job, epoch: 10.0 * job.number + epoch)
    search(storage, small_study(pruner={"kind": "median", "warmup_epochs": 1, "startup_trials": 1}), trainer, trials=2)
    trial = trials_of(storage)[1]
    assert trial.state is TrialState.PRUNED
    assert (trial.value, trial.user_attrs["outcome"], trial.user_attrs["epochs"]) == (11.0, "pruned", 2)


def test_no_trial_is_pruned_after_its_last_epoch(storage):
    trainer = FakeTrainer(lambda job, epoch: float(job.number))
    search(storage, small_study(pruner={"kind": "median", "warmup_epochs": 3, "startup_trials": 1}), trainer, trials=3)
    assert states(storage) == ["COMPLETE"] * 3


def test_a_diverged_trial_is_pruned_and_tells_the_sampler_with_its_nan(storage):
    search(storage, trainer=FakeTrainer(lambda job, epoch: math.nan if epoch == 2 else 1.0), trials=1)
    [trial] = trials_of(storage)
    assert trial.state is TrialState.PRUNED
    assert trial.user_attrs["outcome"] == "diverged"
    assert math.isnan(trial.intermediate_values[2])


def test_the_sampler_learns_to_avoid_what_diverges(storage):
    def objective(job: Job, epoch: int) -> float:
        return math.nan if job.hyperparameters.optimizer.learning_rate > 0.01 else 1.0

    only_rate = {"optimizer": {"kind": "sgd", "learning_rate": {"low": 1e-4, "high": 1.0, "log": True}}}
    definition = small_study(hyperparameters={**only_rate, "momentum": {"kind": "constant", "initial": 0.5}})
    search(storage, definition, FakeTrainer(objective), trials=40)
    diverged = [trial.user_attrs["outcome"] == "diverged" for trial in trials_of(storage)]
    assert sum(diverged[:10]) >= 2
    assert sum(diverged[-10:]) < sum(diverged[:10])


def test_the_best_trial_is_the_highest_where_more_is_better(storage):
    definition = small_study(metric="val_accuracy")
    values = {0: 0.5, 1: 0.9, 2: 0.7}
    loop = search(storage, definition, FakeTrainer(lambda job, epoch: values[job.number]), trials=3)
    assert (loop.progress().best_number, loop.progress().best_value) == (1, 0.9)


# Seeds.


def test_a_trials_seed_and_order_follow_from_the_study_seed_and_its_number(storage):
    trainer = FakeTrainer()
    search(storage, small_study(seed=5), trainer, trials=3)
    assert [job.seed for job in trainer.jobs] == [derive_seed(5, "trial", number) for number in range(3)]
    assert [(job.order.seed, job.order.stream) for job in trainer.jobs] == [(5, 0), (5, 1), (5, 2)]


def test_two_searches_with_the_same_seed_suggest_the_same_however_they_are_interrupted(storage):
    def parameters(*totals: int, seed: int = 20) -> list[dict[str, object]]:
        for total in totals:
            search(storage, small_study(seed=seed), trials=total)
        found = [trial.params for trial in trials_of(storage)]
        optuna.delete_study(study_name="small", storage=storage)
        return found

    whole = parameters(12)
    assert len({str(each) for each in whole}) > 6
    assert parameters(12) == whole
    assert parameters(4, 5, 12) == whole
    assert parameters(12, seed=21) != whole


# Failures.


def test_a_failed_trial_is_tried_again_with_the_same_seed_and_hyperparameters(storage):
    attempts = count()
    trainer = FakeTrainer(error=lambda job: "no storage" if next(attempts) == 1 else None)
    notes = Notes()
    search(storage, small_study(hyperparameters={"epochs": 1}), trainer, trials=3, watcher=notes)
    assert states(storage) == ["COMPLETE", "FAIL", "COMPLETE", "COMPLETE"]
    failed, again = trainer.jobs[1], trainer.jobs[2]
    assert (failed.number, again.number) == (1, 2)
    assert again.seed == failed.seed == derive_seed(20, "trial", 1)
    assert again.order == failed.order
    assert again.hyperparameters == failed.hyperparameters
    assert trials_of(storage)[1].user_attrs["error"] == "no storage"
    assert notes.texts == ["trial 1 failed (no storage); attempt 2 is queued"]


@pytest.mark.parametrize("retries", [0, 1, 2])
def test_a_trial_that_always_fails_is_given_up_after_its_retries(storage, retries):
    broken = derive_seed(20, "trial", 1)
    trainer = FakeTrainer(error=lambda job: "broken" if job.seed == broken else None)
    notes = Notes()
    search(storage, small_study(retries=retries), trainer, trials=4, watcher=notes)
    assert [job.seed for job in trainer.jobs].count(broken) == 1 + retries
    assert sorted(states(storage)) == ["COMPLETE"] * 4 + ["FAIL"] * (1 + retries)
    assert len({str(job.hyperparameters) for job in trainer.jobs if job.seed == broken}) == 1
    assert notes.texts[-1].endswith("failed for the last time (broken)")


def test_ten_errors_in_a_row_end_the_search_with_the_reason(storage):
    trainer = FakeTrainer(error=lambda job: "the disk has gone")
    with pytest.raises(SearchError, match="10 trials in a row failed; the last one: the disk has gone"):
        search(storage, trainer=trainer, trials=40)
    assert len(trainer.jobs) == MOST_ERRORS_IN_A_ROW
    assert "RUNNING" not in states(storage)


def test_a_success_in_between_starts_the_count_of_errors_anew(storage):
    trainer = FakeTrainer(error=lambda job: None if job.number % 10 == 9 else "unlucky")
    search(storage, small_study(retries=0), trainer, trials=3)
    assert states(storage).count("FAIL") == 27


def test_a_configuration_that_cannot_be_ends_the_search_and_leaves_nothing_running(storage):
    loop = loop_of(storage)
    loop._study.enqueue_trial({"optimizer.kind": "sgd", "optimizer.learning_rate": -1.0})
    with pytest.raises(SearchError, match="trial 0 has a configuration that cannot be"):
        loop.run(FakeTrainer(), {})
    assert states(storage) == ["FAIL"]


# Ends before the budget is spent.


def test_a_stop_hands_the_running_trial_back_and_the_next_run_begins_with_it(storage):
    stop = StopRequest()

    def before_epoch(job: Job, epoch: int) -> None:
        if job.number == 2 and epoch == 2:
            stop.ask(StopReason.INTERRUPTED)

    first = FakeTrainer(before_epoch=before_epoch)
    search(storage, trainer=first, trials=5, stop=stop)
    assert states(storage) == ["COMPLETE", "COMPLETE", "WAITING"]
    handed_back = trials_of(storage)[2]
    assert handed_back.params
    assert len(handed_back.intermediate_values) == 3

    second = FakeTrainer(lambda job, epoch: 100 + better_with_time(job, epoch))
    search(storage, trainer=second, trials=5)
    assert states(storage) == ["COMPLETE"] * 5
    assert second.jobs[0] == first.jobs[2]
    assert min(trials_of(storage)[2].intermediate_values.values()) > 100
    assert len(trials_of(storage)[2].intermediate_values) == 4


def test_the_reports_of_an_earlier_attempt_are_forgotten_before_the_pruner_looks(storage):
    stop = StopRequest()

    def before_epoch(job: Job, epoch: int) -> None:
        if job.number == 1 and epoch == 2:
            stop.ask(StopReason.INTERRUPTED)

    definition = small_study(pruner={"kind": "median", "warmup_epochs": 0, "startup_trials": 1})
    # Better than the first trial in the run that was stopped, and worse than it afterwards.
    search(storage, definition, FakeTrainer(lambda job, epoch: 5.0 - job.number, before_epoch=before_epoch), stop=stop)
    search(storage, definition, FakeTrainer(lambda job, epoch: 9.0), trials=2)
    again = trials_of(storage)[1]
    assert again.state is TrialState.PRUNED
    assert again.intermediate_values == {0: 9.0}


def test_a_trial_in_its_last_epoch_is_finished_and_not_handed_back(storage):
    stop = StopRequest()

    def before_epoch(job: Job, epoch: int) -> None:
        if epoch == 3:
            stop.ask(StopReason.INTERRUPTED)

    search(storage, trainer=FakeTrainer(before_epoch=before_epoch), stop=stop)
    assert states(storage) == ["COMPLETE"]


def test_the_time_limit_hands_back_and_says_that_it_was_the_time(storage):
    stop = StopRequest()
    seconds = count()
    search(storage, trials=100, seconds=30, stop=stop, clock=lambda: float(next(seconds)))
    assert stop.reason is StopReason.OUT_OF_TIME
    assert 0 < states(storage).count("COMPLETE") < 100
    assert "RUNNING" not in states(storage)


def test_the_first_reason_to_stop_stands():
    stop = StopRequest()
    assert not stop
    stop.ask(StopReason.INTERRUPTED)
    stop.ask(StopReason.OUT_OF_TIME)
    assert stop
    assert stop.reason is StopReason.INTERRUPTED


@pytest.mark.parametrize("error", [RuntimeError("a bug"), KeyboardInterrupt(), MemoryError()], ids=lambda e: repr(e))
def test_an_exception_out_of_the_trainer_leaves_nothing_running(storage, error):
    trainer = FakeTrainer(before_epoch=refuse_after(2, error))
    with pytest.raises(type(error)):
        search(storage, trainer=trainer)
    assert states(storage) == ["COMPLETE", "WAITING"]
    search(storage, trials=4)
    assert states(storage) == ["COMPLETE"] * 4


@pytest.mark.parametrize("moment", ["trial_started", "epoch_ended", "trial_ended"])
def test_an_exception_out_of_the_watcher_leaves_nothing_running(storage, monkeypatch, moment):
    def broken(*args: object) -> None:
        raise BrokenPipeError

    watcher = Watcher()
    monkeypatch.setattr(watcher, moment, broken)
    with pytest.raises(BrokenPipeError):
        search(storage, watcher=watcher)
    assert states(storage) == ["COMPLETE" if moment == "trial_ended" else "WAITING"]


def test_a_trainer_is_closed_before_its_trials_are_put_back(storage):
    order: list[str] = []

    class Closing(FakeTrainer):
        def train(self, jobs, data, observer):
            try:
                yield from super().train(jobs, data, observer)
            finally:
                order.append(f"closed while {states(storage)[-1]}")

    class Broken(Watcher):
        def trial_ended(self, *args: object) -> None:
            raise RuntimeError("no screen")

    # The error is raised outside of the trainer, which nothing else would tell.
    with pytest.raises(RuntimeError, match="no screen") as caught:
        search(storage, trainer=Closing(), watcher=Broken())
    assert order == ["closed while COMPLETE"]
    assert caught.tb is not None  # which would have kept the trainer alive


def test_an_interruption_while_the_sampler_is_asked_puts_the_trial_back(storage, monkeypatch):
    def interrupted(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("tuner.search.asking.job_of", interrupted)
        with pytest.raises(KeyboardInterrupt):
            search(storage)
    assert states(storage) == ["WAITING"]
    search(storage, trials=2)
    assert states(storage) == ["COMPLETE"] * 2


# Trials of others.

GONE = {"pid": 2**22 + 1, "started": 0.0}


def running_elsewhere(storage, owner):
    """A trial that is running, as an owner has it; None for a process that has not left its name yet."""
    study = loop_of(storage)._study
    trial = study.ask()
    if owner is not None:
        storage.set_trial_system_attr(trial._trial_id, OWNER, owner)
    return trial


def test_a_trial_of_a_dead_process_is_put_back_and_trained(storage):
    import socket

    running_elsewhere(storage, {"host": socket.gethostname(), **GONE})
    notes = Notes()
    search(storage, trials=2, watcher=notes)
    assert states(storage) == ["COMPLETE"] * 2
    assert notes.texts == ["trial 0 was left by a process that is gone; it starts over"]


def test_a_trial_of_another_machine_is_left_alone_and_counts(storage):
    running_elsewhere(storage, {"host": "another-machine", **GONE})
    search(storage, trials=3)
    assert states(storage) == ["RUNNING", "COMPLETE", "COMPLETE"]


def test_a_worker_that_dies_during_the_search_makes_room_for_its_trial(storage):
    import socket

    host = socket.gethostname()
    trial = running_elsewhere(storage, {"host": "another-machine", **GONE})

    def before_epoch(job: Job, epoch: int) -> None:
        if job.number == 2:
            storage.set_trial_system_attr(trial._trial_id, OWNER, {"host": host, **GONE})

    search(storage, trials=3, trainer=FakeTrainer(before_epoch=before_epoch))
    assert states(storage) == ["COMPLETE"] * 3


def test_what_an_earlier_search_of_this_process_could_not_put_back_is_put_back(storage, monkeypatch):
    def unable(self, running):
        raise optuna.exceptions.StorageInternalError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("tuner.search.loop.SearchLoop._put_back", unable)
        with pytest.raises(RuntimeError, match="a bug"):
            search(storage, trainer=FakeTrainer(before_epoch=refuse_after(1, RuntimeError("a bug"))))
    assert states(storage) == ["RUNNING"]
    search(storage, trials=2)
    assert states(storage) == ["COMPLETE"] * 2


@pytest.mark.parametrize("writes", range(12))
def test_whenever_the_disk_becomes_full_the_next_search_takes_everything_up_at_once(storage, monkeypatch, writes):
    loop = loop_of(storage, small_study(run={"outage": "1s"}), trials=2, clock=count().__next__)
    left = iter(range(writes))
    real = storage.transaction

    @contextmanager
    def until_full(*, writes: bool = True):
        with real(writes=writes) as connection:
            if writes and next(left, None) is None:
                raise OperationalError("", {}, Exception("database or disk is full"))
            yield connection

    with monkeypatch.context() as patch:
        patch.setattr(storage, "transaction", until_full)
        with pytest.raises(OperationalError):
            loop.run(FakeTrainer(), {})
    for trial in loop._study.get_trials(states=(TrialState.RUNNING,)):
        assert OWNER in trial.system_attrs
    search(storage, trials=2)
    assert states(storage) == ["COMPLETE"] * 2
