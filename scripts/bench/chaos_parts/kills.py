"""Workers that share one study, and are killed or lose their database; afterwards it is counted what is missing."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.engine import URL

from scripts.bench.chaos_parts.study import EPOCHS, NAME
from tuner.search.block_storage import BlockStorage
from tuner.search.storage import opened_backend

PROJECT = Path(__file__).resolve().parents[3]
MOST_FAILURES = 20
BEAT_SECONDS, GRACE_SECONDS = 1.0, 6.0
OWN_HOST, OTHER_HOSTS = "here", ("there", "elsewhere")


class Server(Protocol):
    """A database that can be stopped and started."""

    def start(self) -> None: ...

    def stop(self, mode: Any = ...) -> None: ...


class Crew:
    """Worker processes; one that ends although there is work left is started again."""

    def __init__(self, url: URL, folder: Path, *, workers: int, trials: int, lanes: int, epoch_seconds: float) -> None:
        self._folder = folder
        self._asked = {
            "url": url.render_as_string(hide_password=False),
            "trials": trials,
            "lanes": lanes,
            "epoch_seconds": epoch_seconds,
            "beat_seconds": BEAT_SECONDS,
            "grace_seconds": GRACE_SECONDS,
        }
        self._hosts = [(OWN_HOST, *OTHER_HOSTS)[worker % 3] for worker in range(workers)]
        self.processes: dict[int, subprocess.Popen[bytes]] = {}
        self.statuses: Counter[int] = Counter()
        for worker in range(workers):
            self.start(worker)

    def start(self, worker: int) -> None:
        """Start a worker in its place."""
        asked = json.dumps({**self._asked, "host": self._hosts[worker]})
        with (self._folder / f"{worker}.out").open("ab") as out, (self._folder / f"{worker}.err").open("ab") as err:
            command = [sys.executable, "-m", "scripts.bench.chaos_parts.worker", asked]
            self.processes[worker] = subprocess.Popen(
                command, stdout=out, stderr=err, cwd=self._folder, env={**os.environ, "PYTHONPATH": str(PROJECT)}
            )

    def kill(self, worker: int) -> None:
        """Kill a worker as a power cut would, and start another."""
        process = self.processes[worker]
        process.send_signal(signal.SIGKILL)
        self.statuses[process.wait()] += 1
        self.start(worker)

    def alive(self) -> list[int]:
        """Those that run."""
        return [worker for worker, process in self.processes.items() if process.poll() is None]

    def reap(self) -> list[int]:
        """Those that have ended by themselves, each once."""
        over = [worker for worker, process in self.processes.items() if process.poll() is not None]
        for worker in over:
            self.statuses[self.processes.pop(worker).returncode] += 1
        return over

    def said(self) -> Iterator[int]:
        """The numbers of all trials that a worker has said to be stored."""
        for path in self._folder.glob("*.out"):
            for line in path.read_text().splitlines():
                if line.startswith("ended "):
                    yield int(line.split()[1])

    @property
    def failures(self) -> int:
        """How many workers have ended by themselves, and not well."""
        return sum(count for status, count in self.statuses.items() if status not in (0, -signal.SIGKILL))

    def errors(self) -> str:
        """Everything that workers complained of."""
        return "".join(path.read_text() for path in sorted(self._folder.glob("*.err")))


def trials_of(url: URL) -> list[FrozenTrial]:
    """All trials of the study; none if it is not there yet."""
    with opened_backend(url) as backend, closing(BlockStorage(backend)) as blocks:
        try:
            return blocks.get_all_trials(blocks.get_study_id_from_name(NAME), deepcopy=False)
        except KeyError:
            return []


def finished(trials: list[FrozenTrial]) -> int:
    return sum(trial.state in (TrialState.COMPLETE, TrialState.PRUNED) for trial in trials)


def run(
    url: URL,
    folder: Path,
    *,
    workers: int,
    trials: int,
    kills: int = 0,
    outages: int = 0,
    outage_seconds: float = 20.0,
    server: Server | None = None,
    seed: int = 0,
    lanes: int = 4,
    epoch_seconds: float = 1.0,
    limit_seconds: float = 1800.0,
) -> dict[str, Any]:
    """Let workers search, hurt them, and count.

    Returns:
        What was done and what came of it; `lost`, `duplicates`, `zombies`, `overshot`, `incomplete` and `lock_errors`
        should all be 0.
    """
    chance = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    crew = Crew(url, folder, workers=workers, trials=trials, lanes=lanes, epoch_seconds=epoch_seconds)
    killed = stopped = 0
    until_outage, said_then = 10.0, 0
    while (killed < kills or stopped < outages or crew.alive()) and time.monotonic() - began < limit_seconds:
        time.sleep(chance.uniform(0.1, 2.5))
        if killed < kills and crew.alive():
            crew.kill(chance.choice(crew.alive()))
            killed += 1
        # A search that begins while the server is away says so and ends; what is meant here is one that goes on.
        goes_on = time.monotonic() - began > until_outage and len(set(crew.said())) >= said_then + workers
        if server is not None and stopped < outages and goes_on:
            server.stop("immediate")
            time.sleep(outage_seconds)
            server.start()
            stopped += 1
            until_outage, said_then = time.monotonic() - began + 10.0, len(set(crew.said()))
        for worker in crew.reap():
            if crew.failures > MOST_FAILURES:
                raise RuntimeError(f"{crew.failures} workers have failed:\n{crew.errors()[-2000:]}")
            # The last to be killed may have left trials that the others, who had nothing left to do, did not wait for.
            if killed < kills or finished(trials_of(url)) < trials:
                crew.start(worker)
    found = trials_of(url)
    said = set(crew.said())
    states = Counter(trial.state.name for trial in found)
    numbers = [trial.number for trial in found]
    done = {trial.number for trial in found if trial.state in (TrialState.COMPLETE, TrialState.PRUNED)}
    errors = crew.errors()
    return {
        "workers": workers,
        "trials": trials,
        "kills": killed,
        "outages": stopped,
        "seconds": round(time.monotonic() - began, 1),
        "finished": len(done),
        "lost": len(said - done) + max(0, trials - len(done)),
        "duplicates": len(numbers) - len(set(numbers)),
        "zombies": states["RUNNING"] + states["WAITING"],
        "overshot": max(0, len(done) - trials),
        "incomplete": sum(
            trial.state is TrialState.COMPLETE and sorted(trial.intermediate_values) != list(range(EPOCHS))
            for trial in found
        ),
        "lock_errors": errors.count("database is locked"),
        "failed_workers": crew.failures,
        "taken_up_again": sum(int(trial.user_attrs.get("lost_workers", 0)) for trial in found),
        "errors": errors[-2000:],
    }
