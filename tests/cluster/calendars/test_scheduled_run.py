from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.processes import PROJECT, eventually
from tuner.cluster.calendars.history import remember_last, results
from tuner.cluster.calendars.last_result import LastResult, last_result, write_result
from tuner.cluster.calendars.places import SchedulePlaces
from tuner.cluster.calendars.scheduled_run import run_scheduled
from tuner.errors import CalendarError

NIGHT = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)


@pytest.fixture
def places(tmp_path: Path) -> SchedulePlaces:
    return SchedulePlaces(tmp_path, "nightly")


def clock() -> Iterator[datetime]:
    """Ninety seconds between two looks at it."""
    now = NIGHT
    while True:
        yield now
        now += timedelta(seconds=90)


def run(root: Path, script: str, patience_seconds: float = 0) -> int:
    times = clock()
    command = ["/bin/sh", "-c", script]
    return run_scheduled("nightly", command, root=root, now=lambda: next(times), patience_seconds=patience_seconds)


def test_a_run_leaves_its_output_in_the_log_and_its_end_in_a_file(places: SchedulePlaces) -> None:
    assert run(places.root, "pwd; echo oh >&2; exit 3") == 3

    assert places.log.read_text().splitlines() == [
        "2026-12-01 02:00:00+00:00 nightly: begins /bin/sh -c 'pwd; echo oh >&2; exit 3'",
        str(places.root),
        "oh",
        "2026-12-01 02:01:30+00:00 nightly: ended with exit code 3 after 90 s",
    ]
    assert json.loads(places.result.read_text()) == {
        "name": "nightly",
        "command": ["/bin/sh", "-c", "pwd; echo oh >&2; exit 3"],
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "begun": "2026-12-01T02:00:00+00:00",
        "ended": "2026-12-01T02:01:30+00:00",
        "exit_code": 3,
    }


def test_the_next_run_is_appended_to_the_log_and_its_end_takes_the_place_of_the_last(places: SchedulePlaces) -> None:
    run(places.root, "echo one; exit 1")
    run(places.root, "echo two")
    result = last_result(places.root, "nightly")

    assert [line for line in places.log.read_text().splitlines() if " " not in line] == ["one", "two"]
    assert result is not None
    assert (result.state, result.exit_code, result.ended) == ("ended", 0, NIGHT + timedelta(seconds=90))


def test_log_and_results_tell_of_the_last_runs_only(places: SchedulePlaces) -> None:
    for night in range(5):
        begun = NIGHT + timedelta(days=night)
        run_scheduled(
            "nightly",
            ["/bin/sh", "-c", f"echo {night}; exit {night}"],
            root=places.root,
            keep=3,
            now=lambda at=begun: at,
        )
    told = results(places.root, "nightly")

    assert [each.exit_code for each in told] == [2, 3, 4]
    assert told[-1] == last_result(places.root, "nightly")
    lines = places.log.read_text().splitlines()
    assert [line for line in lines if line.isdigit()] == ["2", "3", "4"]
    assert lines[0] == "2026-12-03 02:00:00+00:00 nightly: begins /bin/sh -c 'echo 2; exit 2'"
    assert [each.name for each in places.log.parent.iterdir()] == ["nightly.log"]

    run_scheduled("nightly", ["true"], root=places.root, keep=1)
    assert len(results(places.root, "nightly")) == 1
    assert len(places.log.read_text().splitlines()) == 2


def test_a_run_that_was_cut_off_stands_among_the_results_as_lost(places: SchedulePlaces) -> None:
    places.result.parent.mkdir(parents=True)
    write_result(places.result, LastResult("nightly", ("true",), "host", 1, NIGHT - timedelta(days=1)))
    run(places.root, "true")
    assert [each.state for each in results(places.root, "nightly")] == ["lost", "ended"]

    # Cut off between the two files: the next run finds the same in both.
    remember_last(places, 30)
    remember_last(places, 30)
    assert [each.state for each in results(places.root, "nightly")] == ["lost", "ended"]


def test_results_that_no_run_has_left_are_told_and_stand_in_no_runs_way(places: SchedulePlaces) -> None:
    assert results(places.root, "nightly") == []
    places.history.parent.mkdir(parents=True)
    places.history.write_text("{}\n")
    with pytest.raises(CalendarError, match=r"nightly.history.jsonl is not as runs leave it; remove it"):
        results(places.root, "nightly")
    assert run(places.root, "exit 3") == 3
    assert [each.exit_code for each in results(places.root, "nightly")] == [3]


def test_a_log_of_several_entries_keeps_all_of_them(places: SchedulePlaces) -> None:
    log = places.root / "all.log"
    for name in ("nightly", "weekly", "nightly", "nightly"):
        run_scheduled(name, ["true"], root=places.root, log=log, keep=1)
    assert log.read_text().count(": begins true") == 4


def test_a_log_keeps_its_mode_and_its_link_when_it_is_trimmed(places: SchedulePlaces) -> None:
    run(places.root, "true")
    real = places.log.rename(places.root / "real.log")
    real.chmod(0o640)
    places.log.symlink_to(real)
    run_scheduled("nightly", ["true"], root=places.root, keep=1)
    assert places.log.is_symlink()
    assert (real.stat().st_mode & 0o777, real.read_text().count("begins")) == (0o640, 1)


def test_a_log_that_cannot_be_written_anew_is_appended_to(
    places: SchedulePlaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(places.root, "true")

    def full(old: object, new: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", full)
    run_scheduled("nightly", ["true"], root=places.root, keep=2)
    assert places.log.read_text().count("begins") == 2
    run_scheduled("nightly", ["true"], root=places.root, keep=2)
    said = "nightly: earlier runs stay in this log, which cannot be written anew: No space left on device"
    assert said in places.log.read_text()
    assert [each.name for each in places.log.parent.iterdir()] == ["nightly.log"]


def test_a_run_that_goes_on_makes_the_next_one_do_nothing_with_exit_code_0(places: SchedulePlaces) -> None:
    go = places.root / "go"
    script = f"echo started; while [ ! -e {go} ]; do sleep 0.02; done; exit 5"
    # Not in this thread: signal handlers are the main one's, and the first run has to be there meanwhile.
    with subprocess.Popen(
        [sys.executable, "-m", "tuner", "run-scheduled", "nightly", "--", "/bin/sh", "-c", script],
        env={**os.environ, "PYTHONPATH": str(PROJECT), "TUNER_ROOT": str(places.root)},
        stderr=subprocess.PIPE,
        text=True,
    ) as first:
        assert eventually(lambda: places.log.exists() and "\nstarted\n" in places.log.read_text())
        result = last_result(places.root, "nightly")
        assert result is not None
        assert (result.state, result.pid) == ("running", first.pid)

        assert run(places.root, "echo never") == 0
        last_line = places.log.read_text().splitlines()[-1]
        assert last_line.startswith("2026-12-01 02:00:00+00:00 nightly: does nothing, for the run of ")
        assert last_line.endswith(f"on {socket.gethostname()} (process {first.pid}) still goes on")
        assert "never" not in places.log.read_text().replace("echo never", "")
        result = last_result(places.root, "nightly")
        assert result is not None
        assert (result.pid, result.ended) == (first.pid, None)

        go.touch()
        _, said = first.communicate(timeout=60)
    assert first.returncode == 5
    assert said == f"tuner: nightly of {places.root} ended with exit code 5; its log says more\n"


def test_a_look_at_the_lock_keeps_no_run_from_starting(places: SchedulePlaces) -> None:
    places.lock.parent.mkdir(parents=True)
    with places.lock.open("w") as look:
        fcntl.flock(look, fcntl.LOCK_SH)
        threading.Timer(0.1, lambda: fcntl.flock(look, fcntl.LOCK_UN)).start()

        assert run(places.root, "exit 4", patience_seconds=60) == 4


def test_a_run_that_was_cut_off_is_told_as_lost_and_does_not_stand_in_the_way(places: SchedulePlaces) -> None:
    run(places.root, "true")
    cut_off = json.loads(places.result.read_text()) | {"ended": None, "exit_code": None}
    places.result.write_text(json.dumps(cut_off))
    result = last_result(places.root, "nightly")

    assert result is not None
    assert result.state == "lost"
    assert run(places.root, "exit 6") == 6


def test_a_command_holds_the_lock_even_when_its_wrapper_is_killed(places: SchedulePlaces) -> None:
    stays = "echo $$ > left; kill -9 $PPID; exec sleep 60"
    script = f"""
from pathlib import Path
from tuner.cluster.calendars.scheduled_run import run_scheduled
run_scheduled("nightly", ["/bin/sh", "-c", {stays!r}], root=Path({str(places.root)!r}))
"""
    subprocess.run([sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": str(PROJECT)}, timeout=60)
    result = last_result(places.root, "nightly")
    assert result is not None
    try:
        assert result.state == "running"
        assert run(places.root, "exit 7") == 0
    finally:
        os.kill(int((places.root / "left").read_text()), signal.SIGKILL)


def test_something_that_a_command_leaves_running_does_not_hold_the_lock(places: SchedulePlaces) -> None:
    run(places.root, "sleep 5 & echo $! > left")
    try:
        assert run(places.root, "exit 8") == 8
    finally:
        os.kill(int((places.root / "left").read_text()), signal.SIGKILL)


@pytest.mark.parametrize(
    ("number", "in_slurm", "expected"),
    [("TERM", False, 43), ("USR1", False, 44), ("INT", False, 0), ("TERM", True, 0), ("USR1", True, 44)],
)
def test_a_signal_to_the_wrapper_reaches_the_command_once(
    number: str, in_slurm: bool, expected: int, places: SchedulePlaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    if in_slurm:
        monkeypatch.setenv("SLURM_JOB_ID", "7")
    else:
        monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    traps = "trap 'exit 43' TERM; trap 'exit 44' USR1; trap 'exit 45' INT"

    assert run(places.root, f"{traps}; kill -{number} $PPID; sleep 0.1; exit 0") == expected
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_a_command_that_is_killed_is_told_as_a_shell_tells_it(places: SchedulePlaces) -> None:
    assert run(places.root, "kill -9 $$") == 128 + 9


def test_a_command_that_is_not_there_is_told_in_the_log_and_by_its_exit_code(places: SchedulePlaces) -> None:
    assert run_scheduled("nightly", ["no-such-program"], root=places.root) == 127
    assert "no-such-program cannot be started: No such file or directory\n" in places.log.read_text()


def test_an_entry_that_never_ran_has_no_last_result(tmp_path: Path) -> None:
    assert last_result(tmp_path, "nightly") is None


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"name": 1'])
def test_a_file_that_no_run_has_left_is_told_with_the_way_out(text: str, places: SchedulePlaces) -> None:
    places.result.parent.mkdir(parents=True)
    places.result.write_text(text)
    with pytest.raises(CalendarError, match=r"nightly\.json is not as a run leaves it; remove it"):
        last_result(places.root, "nightly")
