"""Stopping a real search, in a process of its own, while Keras trains."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.cli.commands import environment, run, shown
from tests.search.fake_trainer import FakeTrainer
from tuner.actions.joining import joined
from tuner.actions.show import show_trial
from tuner.cli.signals import REASONS, stop_on_signals
from tuner.search.stop import StopReason, StopRequest
from tuner.search.storage import StorageUrl, exists

SLOW = """
name = "small"

[data]
builtin = "digits"

[hyperparameters]
batch_size = 32
epochs = 4
layers.width = 8
optimizer.kind = "sgd"
optimizer.learning_rate = { low = 1e-3, high = 1e-2 }

[search]
pruner = "none"

[budget]
trials = 2
"""
PATIENCE = 600.0


@pytest.fixture
def slow(root: Path) -> Path:
    (root / "studies" / "small.toml").write_text(SLOW)
    return root


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.2)


@dataclass
class Searching:
    """A search in a process of its own whose trial waits at the gate of tests/cli/gated_tuner.py.

    Attributes:
        process: the search.
        child: the process in which Keras trains.
        gate: its being there lets the trial go on.
    """

    process: subprocess.Popen[str]
    child: psutil.Process
    gate: Path

    def ask_to_stop(self, number: signal.Signals) -> None:
        """Send a signal, and wait until the search has said that it heard it."""
        self.process.send_signal(number)
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if line.startswith("Stopping"):
                assert line == "Stopping at the end of this epoch; Ctrl-C again stops at once.\n"
                return
        raise AssertionError("the search ended without a word")

    def end(self) -> tuple[str, str]:
        """Let the trial reach its epoch's end; what the search then says on both outputs."""
        self.gate.touch()
        return self.process.communicate(timeout=PATIENCE)


@contextmanager
def searching(root: Path) -> Iterator[Searching]:
    """A search that has reported two epochs of a trial in this very run, and is held in the third."""
    before = reports(root)
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.cli.gated_tuner",
            "search",
            "--study",
            "small",
            "--trainer",
            "fit",
            "--root",
            str(root),
        ],
        env=environment(GATE=str(root / "gate")),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )

    def held() -> bool:
        now = reports(root)
        return now != before and [count for count, _ in now] == [2]

    try:
        wait_until(lambda: process.poll() is not None or held())
        [child] = psutil.Process(process.pid).children()
        yield Searching(process, child, root / "gate")
    finally:
        process.kill()
        process.communicate()


def reports(root: Path) -> list[tuple[int, float]]:
    """How many epochs each running trial has reported, and when it began."""
    import optuna
    from sqlalchemy.engine import URL

    from tuner.search.storage import opened

    url: StorageUrl = URL.create("sqlite", database=str(root / "tuner.db"))
    if not exists(url):
        return []
    with opened(url) as storage:
        if not optuna.get_all_study_names(storage):
            return []
        trials = optuna.load_study(study_name="small", storage=storage).get_trials(deepcopy=False)
    return [
        (len(trial.intermediate_values), trial.datetime_start.timestamp())
        for trial in trials
        if trial.state.name == "RUNNING" and trial.datetime_start is not None
    ]


def finish(root: Path) -> None:
    """Search to the end, and see that the total is exact."""
    finished = run("search", "--study", "small", "--root", str(root), fake=True)
    assert finished.returncode == 0, finished.stderr
    counts = shown(root)["trials"]
    assert (counts["complete"], counts["total"]) == (2, 2)


@pytest.mark.thorough
def test_ctrl_c_once_ends_at_the_epoch_and_the_next_search_goes_on(slow):
    with searching(slow) as search:
        search.ask_to_stop(signal.SIGINT)
        assert search.process.poll() is None
        out, err = search.end()
    assert search.process.returncode == 130
    assert "To go on: tuner search --study small" in err
    assert "Traceback" not in err
    assert "small (stopped)" in out
    counts = shown(slow)["trials"]
    assert (counts["running"], counts["waiting"]) == (0, 1)
    finish(slow)


def test_ctrl_c_twice_ends_at_once_and_so_does_kill_and_no_trial_is_lost(slow):
    with searching(slow) as search:
        search.child.suspend()  # as if inside an epoch that would never end
        search.ask_to_stop(signal.SIGINT)
        assert search.process.poll() is None
        search.process.send_signal(signal.SIGINT)
        assert search.process.wait(PATIENCE) == -signal.SIGINT
        search.child.resume()
        wait_until(lambda: not search.child.is_running())
    counts = shown(slow)["trials"]
    assert (counts["running"], counts["waiting"]) == (0, 1)

    with searching(slow) as search:
        search.process.kill()
        search.process.wait(PATIENCE)
        wait_until(lambda: not search.child.is_running())
    counts = shown(slow)["trials"]
    assert (counts["running"], counts["waiting"]) == (0, 1)
    finish(slow)


def test_sigterm_hands_back_and_says_so_by_its_exit_code(slow):
    with searching(slow) as search:
        search.ask_to_stop(signal.SIGTERM)
        _, err = search.end()
    assert search.process.returncode == 75
    assert "Stopped; what was running is put back" in err
    counts = shown(slow)["trials"]
    assert (counts["running"], counts["waiting"]) == (0, 1)


def test_the_end_of_the_time_has_an_exit_code_of_its_own(slow):
    result = run("search", "--study", "small", "--root", str(slow), "--time", "1s", "--trials", "500")
    assert result.returncode == 3, result.stderr
    assert "The time is over. To go on: tuner search --study small" in result.stderr
    counts = shown(slow)["trials"]
    assert counts["running"] == 0
    assert counts["complete"] < 500


@pytest.fixture
def heard():
    """The reasons that a search was told; the handlers are as before when the test is over."""
    before = {each: signal.getsignal(each) for each in REASONS}
    yield []
    for each, handler in before.items():
        signal.signal(each, handler)


def test_a_job_of_a_batch_system_that_is_asked_to_leave_twice_is_asked_once(heard):
    stop = StopRequest()
    with stop_on_signals(stop, heard.append, patient=True):
        for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGUSR1):
            signal.raise_signal(number)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL
    signal.raise_signal(signal.SIGTERM)  # while it ends
    assert (stop.reason, heard) == (StopReason.HANDED_BACK, [StopReason.HANDED_BACK])


def test_elsewhere_the_second_signal_is_the_operating_systems(heard):
    with stop_on_signals(StopRequest(), heard.append):
        signal.raise_signal(signal.SIGTERM)
        assert {signal.getsignal(each) for each in REASONS} == {signal.SIG_DFL}


@pytest.mark.parametrize(("options", "environment"), [(("--queued",), {}), ((), {"SLURM_JOB_ID": "7"}), ((), {})])
def test_a_worker_knows_whether_it_is_a_job(call, monkeypatch, heard, options, environment):
    def stop_on_signals(stop, say, *, patient):
        heard.append(patient)
        return nullcontext()

    monkeypatch.setattr("tuner.cli.run.stop_on_signals", stop_on_signals)
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    call("worker", "--study", "small", *options, env=environment)
    assert heard == [bool(options or environment)]


@pytest.mark.parametrize(("restarts", "epochs", "code"), [("3", 0, 1), ("2", 0, 75), ("3", 1, 75), (None, 0, 75)])
def test_a_worker_whose_time_is_too_short_for_an_epoch_is_not_queued_for_ever(
    call, root, monkeypatch, heard, restarts, epochs, code
):
    """Slurm has restarted it so often, and says that its time is nearly over when it has trained so many epochs."""
    queued = []

    class Stopped(FakeTrainer):
        def train(self, jobs, data, observer):
            if not epochs:
                signal.raise_signal(signal.SIGUSR1)
            return super().train(jobs, data, observer)

    trainer = Stopped(before_epoch=lambda job, epoch: epoch != epochs or signal.raise_signal(signal.SIGUSR1))
    with joined("small", root=root, storage=None, trials=3):
        pass
    monkeypatch.setattr("tuner.actions.search.HostedTrainer", lambda *arguments, **settings: trainer)
    monkeypatch.setattr("tuner.cluster.slurm_commands.queue_again", lambda: queued.append(1))
    result = call("worker", "--study", "small", "--queued", env={"SLURM_RESTART_COUNT": restarts})
    assert result.exit_code == code, result.output
    assert ("[cluster] time and lead" in result.stderr) == (code == 1)
    assert len(queued) == (code == 75)


@pytest.mark.thorough
def test_a_trial_can_be_looked_at_while_it_is_trained(slow):
    from sqlalchemy.engine import URL

    with searching(slow):
        trial = show_trial("small", 0, storage=URL.create("sqlite", database=str(slow / "tuner.db")))
        assert trial.state == "running"
        assert len(trial.values) == 2
        assert shown(slow)["state"] == "running"
