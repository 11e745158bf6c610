from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable

from tuner.cluster.cluster import Ended
from tuner.cluster.local import LocalCluster, LocalWorkers

STAYS = "import os, signal, time; print(os.environ['WHO'], flush=True); time.sleep(600)"
LEAVES = "import sys; print('bye'); sys.exit(3)"


def started(tmp_path, script: str, workers: int = 2) -> LocalWorkers:
    return LocalCluster(tmp_path / "logs").submit([sys.executable, "-c", script], workers, {"WHO": "me"})


def eventually(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 60
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)
    return true()


def test_workers_run_with_what_they_are_told_until_they_are_asked_to_stop(tmp_path):
    workers = started(tmp_path, STAYS)
    assert workers.alive == 2
    assert eventually(lambda: workers.log(0).read_text() == workers.log(1).read_text() == "me\n")
    assert workers.ended() == []
    workers.ask_to_stop()
    assert eventually(lambda: workers.alive == 0)
    assert sorted(workers.ended(), key=lambda each: each.worker) == [
        Ended(0, -signal.SIGTERM, "me"),
        Ended(1, -signal.SIGTERM, "me"),
    ]


def test_a_worker_that_has_left_is_told_once_and_can_be_started_again(tmp_path):
    workers = started(tmp_path, LEAVES, 1)
    assert eventually(lambda: workers.alive == 0)
    assert workers.ended() == [Ended(0, 3, "bye")]
    assert workers.ended() == []
    workers.start_again(0)
    assert eventually(lambda: workers.alive == 0)
    assert workers.ended() == [Ended(0, 3, "bye\nbye")]


def test_ctrl_c_in_a_terminal_does_not_reach_workers(tmp_path):
    import os

    workers = started(tmp_path, STAYS, 1)
    try:
        assert os.getpgid(workers.pids[0]) != os.getpgid(0)
    finally:
        workers.ask_to_stop()
        assert eventually(lambda: workers.alive == 0)
