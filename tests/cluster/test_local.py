from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from tests.processes import eventually
from tuner.cluster.cluster import Ended
from tuner.cluster.lifeline import on_release
from tuner.cluster.local import LocalCluster, LocalWorkers
from tuner.cluster.long_logs import put_aside

STAYS = """
import os, sys, threading
from tuner.cluster.lifeline import on_release

let_go = threading.Event()
on_release(let_go.set)
print(os.environ["WHO"], flush=True)
let_go.wait(600)
print("let go", flush=True)
"""
LEAVES = "import sys; print('bye'); sys.exit(3)"


def started(tmp_path, script: str, workers: int = 2) -> LocalWorkers:
    return LocalCluster(tmp_path / "logs").submit([sys.executable, "-c", script], workers, {"WHO": "me"})


def test_workers_run_with_what_they_are_told_until_they_are_asked_to_stop(tmp_path):
    workers = started(tmp_path, STAYS)
    assert workers.alive == 2
    assert eventually(lambda: workers.log(0).read_text() == workers.log(1).read_text() == "me\n")
    assert workers.ended() == []
    workers.ask_to_stop()
    assert eventually(lambda: workers.alive == 0)
    assert sorted(workers.ended(), key=lambda each: each.worker) == [
        Ended(0, 0, "me\nlet go"),
        Ended(1, 0, "me\nlet go"),
    ]


def test_a_log_that_has_grown_long_is_put_aside_once(tmp_path):
    log = tmp_path / "worker-0.log"
    put_aside(log)
    for text in ("one", "three", "five5", "2"):
        log.write_text(text)
        put_aside(log, most_bytes=3)
    assert {each.name: each.read_text() for each in tmp_path.iterdir()} == {
        "worker-0.log": "2",
        "worker-0.log.1": "five5",
    }


def test_asking_again_changes_nothing(tmp_path):
    workers = started(tmp_path, STAYS, 1)
    for _ in range(3):
        workers.ask_to_stop()
    assert eventually(lambda: workers.alive == 0)
    workers.ask_to_stop()
    assert workers.ended() == [Ended(0, 0, "me\nlet go")]


PARENT = f"""
import sys, time
from pathlib import Path
from tuner.cluster.local import LocalCluster

workers = LocalCluster(Path(sys.argv[1])).submit([sys.executable, "-c", {STAYS!r}], 2, {{"WHO": "me"}})
print("ready", flush=True)
time.sleep(600)
"""


def test_workers_are_let_go_when_the_process_that_started_them_is_killed(tmp_path):
    with subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout.readline() == "ready\n"
        logs = [tmp_path / f"worker-{worker}.log" for worker in range(2)]
        assert eventually(lambda: [log.read_text() for log in logs] == ["me\n"] * 2)
        parent.kill()
    assert eventually(lambda: [log.read_text() for log in logs] == ["me\nlet go\n"] * 2)


def test_none_is_left_when_one_cannot_be_started(tmp_path):
    (tmp_path / "worker-1.log").mkdir()
    with pytest.raises(IsADirectoryError):
        LocalCluster(tmp_path).submit([sys.executable, "-c", STAYS], 2, {"WHO": "me"})
    assert eventually(lambda: (tmp_path / "worker-0.log").read_text() == "me\nlet go\n")


def test_what_nobody_holds_is_never_let_go():
    called: list[None] = []
    on_release(lambda: called.append(None), {})
    assert called == []
    assert threading.active_count() == 1


def test_a_worker_that_has_left_is_told_once_and_can_be_started_again(tmp_path):
    workers = started(tmp_path, LEAVES, 1)
    assert eventually(lambda: workers.alive == 0)
    assert workers.ended() == [Ended(0, 3, "bye")]
    assert workers.ended() == []
    workers.start_again(0)
    assert eventually(lambda: workers.alive == 0)
    assert workers.ended() == [Ended(0, 3, "bye\nbye")]


def test_ctrl_c_in_a_terminal_does_not_reach_workers(tmp_path):
    workers = started(tmp_path, STAYS, 1)
    try:
        assert os.getpgid(workers.pids[0]) != os.getpgid(0)
    finally:
        workers.ask_to_stop()
        assert eventually(lambda: workers.alive == 0)
