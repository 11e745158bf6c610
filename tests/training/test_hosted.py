"""A trainer in a child process behaves like the same trainer right here, whatever becomes of the child."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import psutil
import pytest

from tuner.data.prepared import Prepared
from tuner.errors import SearchError
from tuner.hyperparameters import Hyperparameters
from tuner.lanes.signature import Expected
from tuner.training import hosted, wire
from tuner.training.host import Child
from tuner.training.hosted import HostedTrainer
from tuner.training.job import MAIN_DATA, DataOrder, Done, End, EpochResult, Job, LaneUse, Outcome, Verdict, Wait

TESTS = Path(__file__).parent
NEVER = 2**40


@pytest.fixture(autouse=True)
def _child_finds_the_light_trainers(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(TESTS))


@pytest.fixture(autouse=True)
def _nothing_is_left_behind():
    me = psutil.Process()
    before = me.num_fds()
    yield
    assert me.children() == []
    assert me.num_fds() == before


def data(rows: int = 12) -> dict[str, Prepared]:
    x = np.linspace(-1, 1, rows * 3, dtype=np.float32).reshape(rows, 3)
    y = (x[:, 0] > 0).astype(np.int32)
    return {MAIN_DATA: Prepared("binary", x, y, x, y, classes=("no", "yes"))}


def job(number: int, *, epochs: int = 2) -> Job:
    return Job(
        number=number,
        hyperparameters=Hyperparameters(epochs=epochs),
        seed=100 + number,
        order=DataOrder(seed=1, stream=number),
        metric="val_log_loss",
        direction="minimize",
    )


class Story:
    """A job source and an observer that write down what they are asked, in order."""

    def __init__(
        self, answers: Sequence[Job | Wait], *, verdict: Callable[[EpochResult], Verdict] = lambda _: Verdict.GO_ON
    ) -> None:
        self._answers = list(answers)
        self._verdict = verdict
        self.told: list[object] = []
        self.results: list[EpochResult] = []

    def starting(self) -> None:
        self.told.append("starting")

    def epoch_begins(self) -> None:
        self.told.append("begins")

    def next(self) -> Job | Wait | Done:
        answer = self._answers.pop(0) if self._answers else Done()
        self.told.append(("job", answer.number) if isinstance(answer, Job) else type(answer).__name__)
        return answer

    def epoch_ended(self, results: Sequence[EpochResult]) -> Sequence[Verdict]:
        self.told.append(("epoch", *((result.number, result.epoch) for result in results)))
        self.results.extend(results)
        return [self._verdict(result) for result in results]

    def train(self, trainer: HostedTrainer) -> list[Outcome]:
        outcomes = []
        for outcome in trainer.train(self, data(), self):
            self.told.append(("outcome", outcome.number))
            outcomes.append(outcome)
        return outcomes

    @property
    def pids(self) -> list[int]:
        """The children that reported, in order."""
        return list(dict.fromkeys(int(result.metrics["pid"]) for result in self.results))


def light(name: str, **settings) -> HostedTrainer:
    return HostedTrainer(f"hosted_trainers:{name}", **{"max_growth_bytes": NEVER} | settings)


def ends(outcomes: Sequence[Outcome]) -> dict[int, End]:
    return {outcome.number: outcome.end for outcome in outcomes}


def test_jobs_epochs_and_outcomes_come_in_the_order_of_the_inner_trainer():
    story = Story([job(0), Wait(0.01), job(1, epochs=1)])
    outcomes = story.train(light("Steady"))
    assert story.told == [
        "starting",
        ("job", 0), "begins", ("epoch", (0, 0)), "begins", ("epoch", (0, 1)), ("outcome", 0),
        "Wait",
        ("job", 1), "begins", ("epoch", (1, 0)), ("outcome", 1),
        "Done",
    ]  # fmt: skip
    assert ends(outcomes) == {0: End.FINISHED, 1: End.FINISHED}
    assert os.getpid() not in story.pids


def test_the_child_trains_while_the_observer_is_busy_with_what_it_does_before_an_epoch(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    trained = tmp_path / "trained"

    class Busy(Story):
        def epoch_begins(self) -> None:
            super().epoch_begins()
            until = time.monotonic() + 600
            while not trained.exists() and time.monotonic() < until:
                time.sleep(0.01)
            trained.unlink()

    story = Busy([job(0)])
    story.train(light("Leaving"))
    assert story.told[2:] == ["begins", ("epoch", (0, 0)), "begins", ("epoch", (0, 1)), ("outcome", 0), "Done"]


def test_first_jobs_can_be_prepared_while_the_child_gets_ready():
    class Preparing(Story):
        def starting(self) -> None:
            super().starting()
            self._answers.append(job(0))

    story = Preparing([])
    assert ends(story.train(light("Steady"))) == {0: End.FINISHED}


def test_job_and_data_reach_the_child_as_they_are():
    [outcome] = Story([job(7)]).train(light("Steady"))
    assert outcome.best_metrics["seed"] == 107
    assert outcome.best_metrics["rows"] == 12


def test_settings_reach_the_inner_trainers_class():
    expected = Expected(widths=(8, 16), activations=("relu",), techniques=frozenset({"dropout"}))
    [outcome] = Story([job(0)]).train(light("Set", settings={"lanes": 8, "expected": expected}))
    assert outcome.error == repr({"lanes": 8, "expected": expected})


def test_settings_that_the_inner_trainer_does_not_know_end_the_search():
    with pytest.raises(SearchError, match=r"(?s)training cannot start: .*unexpected keyword argument 'lanes'"):
        Story([job(0)]).train(light("CannotStart", settings={"lanes": 8}))


def test_verdicts_reach_the_inner_trainer():
    verdicts = {0: Verdict.PRUNE, 1: Verdict.HAND_BACK, 2: Verdict.GO_ON}
    story = Story([job(0), job(1), job(2)], verdict=lambda result: verdicts[result.number])
    assert ends(story.train(light("Steady"))) == {0: End.PRUNED, 1: End.HANDED_BACK, 2: End.FINISHED}


def test_several_jobs_in_flight_share_one_call_and_one_child():
    story = Story(
        [job(n, epochs=1 + n % 3) for n in range(7)],
        verdict=lambda result: Verdict.PRUNE if result.number == 2 else Verdict.GO_ON,
    )
    outcomes = story.train(light("ThreeAtOnce"))
    assert sorted(ends(outcomes)) == list(range(7))
    assert ends(outcomes)[2] is End.PRUNED
    assert ("epoch", (0, 0), (1, 0), (2, 0)) in story.told
    assert story.results[0].lanes == LaneUse(busy=3, room=3)
    assert len(story.pids) == 1


def test_child_that_has_grown_too_large_is_replaced_between_jobs():
    trainer = light("Growing", max_growth_bytes=45 * 2**20)
    story = Story([job(n, epochs=1) for n in range(6)])
    outcomes = story.train(trainer)
    assert ends(outcomes) == dict.fromkeys(range(6), End.FINISHED)
    # The first job sets the mark; two more of 30 MB each go past 45 MiB.
    assert len(story.pids) == 2
    assert trainer.recycled == 2
    assert story.told.count("Done") == 1


def test_child_that_stays_small_is_kept():
    trainer = light("Steady", max_growth_bytes=45 * 2**20)
    story = Story([job(n, epochs=1) for n in range(6)])
    story.train(trainer)
    assert len(story.pids) == 1
    assert trainer.recycled == 0


def test_jobs_in_flight_end_before_a_child_is_replaced():
    trainer = light("ThreeAtOnce", max_growth_bytes=-1)
    story = Story([job(n, epochs=1 + n) for n in range(5)])
    outcomes = story.train(trainer)
    assert ends(outcomes) == dict.fromkeys(range(5), End.FINISHED)
    assert trainer.recycled >= 1
    assert len(story.pids) == 2


@pytest.mark.thorough
def test_twenty_replaced_children_leave_no_file_open_and_no_process():
    trainer = light("Steady", max_growth_bytes=-NEVER)
    story = Story([job(n, epochs=1) for n in range(20)])
    assert len(story.train(trainer)) == 20
    assert len(story.pids) == 20
    assert trainer.recycled == 20


def test_job_whose_process_is_killed_fails_and_the_next_job_goes_on_in_a_fresh_child():
    now = iter(range(0, 1000, 10))
    story = Story([job(0), job(1, epochs=3), job(2)])
    outcomes = story.train(light("KilledByJobOne", clock=lambda: float(next(now))))
    assert ends(outcomes) == {0: End.FINISHED, 1: End.FAILED, 2: End.FINISHED}
    failed = outcomes[1]
    assert failed.error == "the training process was killed by signal 9 (out of memory?):\nno memory left"
    assert failed.epochs == 1
    assert failed.seconds == 10.0
    assert failed.order == DataOrder(seed=1, stream=1)
    assert len(story.pids) == 2


def test_every_job_in_flight_fails_when_its_process_is_killed():
    story = Story([job(n) for n in range(5)])
    outcomes = story.train(light("ThreeKilled"))
    assert ends(outcomes) == dict.fromkeys((0, 1, 2), End.FAILED) | dict.fromkeys((3, 4), End.FINISHED)


def test_exception_of_the_inner_trainer_fails_the_job_with_the_traceback():
    outcomes = Story([job(0), job(1), job(2)]).train(light("BrokenByJobOne"))
    assert ends(outcomes) == {0: End.FINISHED, 1: End.FAILED, 2: End.FINISHED}
    assert "the training process ended with status 1" in outcomes[1].error
    assert "RuntimeError: a bug in the trainer" in outcomes[1].error


def test_job_about_which_the_inner_trainer_says_nothing_fails():
    [outcome] = Story([job(0)]).train(light("Forgetful"))
    assert outcome.end is End.FAILED
    assert "without a word" in outcome.error


@pytest.mark.parametrize("name", ["CannotStart", "NoSuchTrainer"])
def test_child_that_cannot_start_ends_the_search_with_its_last_words(name):
    story = Story([job(0)])
    with pytest.raises(SearchError, match=r"(?s)training cannot start: .*ended with status 1:.*Error: "):
        story.train(light(name))
    assert story.told == ["starting"]


def test_child_that_dies_before_its_first_job_is_not_started_again_and_again():
    class Deadly(Story):
        def next(self) -> Job | Wait | Done:
            super().next()
            for child in psutil.Process().children():
                child.kill()
            return Wait(0.01)

    story = Deadly([])
    with pytest.raises(SearchError, match="killed by signal 9"):
        story.train(light("Steady"))


def test_unknown_trainer_is_refused_with_the_nearest_name():
    with pytest.raises(SearchError, match=r'no trainer "fitt".*Did you mean "fit"'):
        HostedTrainer("fitt")


def test_exception_of_the_observer_reaches_the_caller_and_ends_the_child():
    def refuse(result: EpochResult) -> Verdict:
        raise LookupError("no such trial")

    story = Story([job(0)], verdict=refuse)
    with pytest.raises(LookupError, match="no such trial"):
        story.train(light("Steady"))
    assert not psutil.pid_exists(story.pids[0])


def test_exception_of_the_job_source_reaches_the_caller_and_ends_the_child():
    class Refusing(Story):
        def next(self) -> Job | Wait | Done:
            raise LookupError("no such study")

    with pytest.raises(LookupError, match="no such study"):
        Refusing([]).train(light("Steady"))


def test_closing_the_generator_ends_the_child():
    story = Story([job(0), job(1)])
    outcomes = light("Steady").train(story, data(), story)
    next(outcomes)
    assert psutil.pid_exists(story.pids[0])
    outcomes.close()
    assert not psutil.pid_exists(story.pids[0])


def test_ctrl_c_in_the_parent_acts_at_once_inside_an_epoch():
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    def press_soon(_: EpochResult) -> Verdict:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        return Verdict.GO_ON

    story = Story([job(0)], verdict=press_soon)
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            story.train(light("Endless"))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert not psutil.pid_exists(story.pids[0])


def test_child_is_deaf_to_the_signals_of_terminal_and_batch_system():
    def signal_the_group(result: EpochResult) -> Verdict:
        child = int(result.metrics["pid"])
        assert os.getpgid(child) == child != os.getpgid(0)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
            os.killpg(child, number)
        return Verdict.GO_ON

    story = Story([job(0), job(1)], verdict=signal_the_group)
    assert ends(story.train(light("Steady"))) == {0: End.FINISHED, 1: End.FINISHED}
    assert len(story.pids) == 1


def test_child_is_deaf_from_its_very_first_moment():
    with Child(threads=1) as child:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
            os.kill(child.pid, number)
        child.send(wire.Work("hosted_trainers:Steady", 1, data()))
        assert child.receive(within_seconds=30) == wire.NextAsked()
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set()


PARENT = """
import sys
sys.path.insert(0, {tests!r})
from test_hosted import Story, job, light

class Telling(Story):
    def epoch_ended(self, results):
        verdicts = super().epoch_ended(results)
        print(self.pids[0], flush=True)
        return verdicts

Telling([job(0)]).train(light("Endless"))
"""


def test_child_goes_away_when_its_parent_is_killed_inside_an_epoch():
    script = PARENT.format(tests=str(TESTS))
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    until = time.monotonic() + 600
    # Where nobody adopts orphans, a dead child stays in the process table as a zombie.
    while child.is_running() and child.status() != psutil.STATUS_ZOMBIE and time.monotonic() < until:
        time.sleep(0.02)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_secrets_stay_out_of_the_childs_environment(monkeypatch):
    monkeypatch.setenv("TUNER_STORAGE", "postgresql://me:xyzzy@host/db")
    monkeypatch.setenv("PGPASSWORD", "xyzzy")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    [outcome] = Story([job(0)]).train(light("Wordy", threads=3))
    environment = dict(line.split("=", 1) for line in outcome.error.splitlines() if "=" in line)
    assert "xyzzy" not in outcome.error
    assert environment.keys().isdisjoint({"TUNER_STORAGE", "PGPASSWORD"})
    assert environment["CUDA_VISIBLE_DEVICES"] == "0"
    assert environment["TF_CPP_MIN_LOG_LEVEL"] == "3"
    assert environment["OMP_NUM_THREADS"] == environment["TF_NUM_INTRAOP_THREADS"] == "3"


def test_what_the_child_writes_does_not_reach_the_parents_terminal(capfd):
    Story([job(0)]).train(light("Loud"))
    assert capfd.readouterr() == ("", "")


def test_wish_to_stop_is_granted_while_the_child_still_starts():
    asked = time.monotonic() + 0.3
    story = Story([job(0)])
    assert story.train(light("NeverReady", stop_requested=lambda: time.monotonic() > asked)) == []
    assert story.told == ["starting"]
    assert time.monotonic() - asked < 600  # the child would take an hour


def test_wish_to_stop_lets_a_job_in_flight_end():
    story = Story([job(0), job(1)])
    outcomes = story.train(light("Steady", stop_requested=lambda: bool(story.results)))
    assert ends(outcomes) == {0: End.FINISHED}
    assert story.told[-1] == ("outcome", 0)


def test_no_child_is_started_when_there_is_nothing_to_do(monkeypatch):
    monkeypatch.setattr(hosted, "Child", lambda **_: pytest.fail("a child was started"))
    assert Story([job(0)]).train(light("Steady", stop_requested=lambda: True)) == []


def test_parent_never_imports_tensorflow():
    script = "import sys, tuner.training.hosted; sys.exit(bool({'keras', 'tensorflow', 'optuna'} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", script], check=True)
