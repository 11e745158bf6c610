"""Workers on this machine: ordinary processes, each with a log of its own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tuner.cluster.cluster import Cluster, Ended, Handle
from tuner.cluster.lifeline import LIFELINE
from tuner.cluster.long_logs import put_aside
from tuner.cluster.tails import tail


class LocalCluster(Cluster):
    """Starts workers here.

    Each is in a process group of its own: Ctrl-C in a terminal reaches only who started them, who then lets them go.
    When that process is killed, they leave as well.
    """

    def __init__(self, logs: Path) -> None:
        """No workers yet.

        Args:
            logs: the folder where each worker's output goes, as `worker-0.log` and so on; made if it is not there.
        """
        self._logs = logs

    def submit(self, command: Sequence[str], workers: int, environment: Mapping[str, str]) -> LocalWorkers:
        self._logs.mkdir(parents=True, exist_ok=True)
        started = LocalWorkers(command, {**os.environ, **environment, LIFELINE: "stdin"}, self._logs)
        try:
            for worker in range(workers):
                started.start_again(worker)
        except BaseException:
            started.ask_to_stop()
            started.wait()
            raise
        return started


class LocalWorkers(Handle):
    """Worker processes of this machine."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], logs: Path) -> None:
        self._command = list(command)
        self._environment = dict(environment)
        self._logs = logs
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    @property
    def pids(self) -> list[int]:
        """The operating system's numbers of those that run."""
        return [process.pid for process in self._processes.values() if process.poll() is None]

    @property
    def alive(self) -> int:
        return len(self.pids)

    def log(self, worker: int) -> Path:
        """Where a worker's output goes."""
        return self._logs / f"worker-{worker}.log"

    def start_again(self, worker: int) -> None:
        put_aside(self.log(worker))
        with self.log(worker).open("ab") as log:
            self._processes[worker] = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=self._environment,
                process_group=0,
            )

    def ended(self) -> list[Ended]:
        over = {worker: process for worker, process in self._processes.items() if process.poll() is not None}
        for worker, process in over.items():
            _let_go(process)
            del self._processes[worker]
        return [Ended(worker, process.returncode, tail(self.log(worker))) for worker, process in over.items()]

    def ask_to_stop(self) -> None:
        for process in self._processes.values():
            _let_go(process)

    def wait(self) -> None:
        """Wait until all of them have left."""
        for process in self._processes.values():
            process.wait()


def _let_go(process: subprocess.Popen[bytes]) -> None:
    """Close a worker's lifeline."""
    assert process.stdin is not None
    process.stdin.close()
