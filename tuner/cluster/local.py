"""Workers on this machine: ordinary processes, each with a log of its own."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from tuner.cluster.cluster import Cluster, Ended, Handle

TAIL_BYTES = 4096
TAIL_LINES = 5


class LocalCluster(Cluster):
    """Starts workers here.

    Each is in a process group of its own: Ctrl-C in a terminal reaches only who started them, who then asks them.
    """

    def __init__(self, logs: Path) -> None:
        """No workers yet.

        Args:
            logs: the folder where each worker's output goes, as `worker-0.log` and so on; made if it is not there.
        """
        self._logs = logs

    def submit(self, command: Sequence[str], workers: int, environment: Mapping[str, str]) -> LocalWorkers:
        self._logs.mkdir(parents=True, exist_ok=True)
        started = LocalWorkers(command, {**os.environ, **environment}, self._logs)
        for worker in range(workers):
            started.start_again(worker)
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
        with self.log(worker).open("ab") as log:
            self._processes[worker] = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                process_group=0,
            )

    def ended(self) -> list[Ended]:
        over = {worker: process for worker, process in self._processes.items() if process.poll() is not None}
        for worker in over:
            del self._processes[worker]
        return [Ended(worker, process.returncode, self._last_words(worker)) for worker, process in over.items()]

    def ask_to_stop(self) -> None:
        for process in self._processes.values():
            if process.poll() is None:
                with suppress(ProcessLookupError):
                    process.send_signal(signal.SIGTERM)

    def _last_words(self, worker: int) -> str:
        with self.log(worker).open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - TAIL_BYTES))
            lines = log.read().decode(errors="replace").strip().splitlines()
        return "\n".join(lines[-TAIL_LINES:])
