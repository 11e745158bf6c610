"""A batch system in memory, and a clock: workers that train nothing and end when a test says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tuner.cluster.cluster import BatchSystem, Ended, Queued

START = datetime(2026, 11, 21, 2, tzinfo=UTC)


@dataclass
class Clock:
    """Time that passes while somebody waits; at moments that are stated something happens."""

    now: datetime = START
    events: list[tuple[datetime, Callable[[], object]]] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        # Looks are seldom, so that a night is short.
        soon = self.now + timedelta(seconds=max(seconds, 300.0))
        self.now, event = min([(soon, None), *self.events], key=lambda each: each[0])
        if event is not None:
            self.events.remove((self.now, event))
            event()

    def at(self, seconds: float, event: Callable[[], object]) -> None:
        """Have something called so many seconds after the start."""
        self.events.append((START + timedelta(seconds=seconds), event))


class Queue(BatchSystem):
    """A batch system that forgets nothing.

    Attributes:
        commands: what each job was queued with, by the job's name.
        status: what each task has ended with, by job and worker.
        asked: the tasks that have been asked to leave.
        all_end: the status with which all tasks end at once; None if they do not.
    """

    name = "queue"

    def __init__(self) -> None:
        self.commands: dict[str, list[str]] = {}
        self.status: dict[tuple[str, int], int] = {}
        self.asked: list[tuple[str, int]] = []
        self.all_end: int | None = None

    def attach(self, command: Sequence[str], environment: Mapping[str, str], jobs: Mapping[int, str]) -> Tasks:
        return Tasks(self, list(command), dict(jobs))

    def script(self, command: Sequence[str], workers: int) -> str:
        return ""

    def end(self, status: int, *tasks: tuple[str, int]) -> None:
        """Have tasks end; those that have ended stay as they are."""
        self.status = {**dict.fromkeys(tasks, status), **self.status}


class Tasks(Queued):
    """Some tasks of the queue."""

    in_words = ""

    def __init__(self, queue: Queue, command: list[str], jobs: dict[int, str]) -> None:
        self._queue = queue
        self._command = command
        self._jobs = jobs

    @property
    def jobs(self) -> Mapping[int, str]:
        return dict(self._jobs)

    @property
    def alive(self) -> int:
        return sum((job, worker) not in self._queue.status for worker, job in self._jobs.items())

    def ended(self) -> list[Ended]:
        over = {worker: job for worker, job in self._jobs.items() if (job, worker) in self._queue.status}
        for worker in over:
            del self._jobs[worker]
        return [
            Ended(worker, self._queue.status[job, worker], "its last words", job=job) for worker, job in over.items()
        ]

    def start(self, workers: Sequence[int]) -> None:
        job = str(len(self._queue.commands) + 1)
        self._queue.commands[job] = self._command
        self._jobs.update(dict.fromkeys(workers, job))
        if self._queue.all_end is not None:
            self._queue.end(self._queue.all_end, *((job, worker) for worker in workers))

    def start_again(self, worker: int) -> None:
        self.start([worker])

    def adopt(self, worker: int, job: str) -> None:
        self._jobs[worker] = job

    def ask_to_stop(self) -> None:
        tasks = [(job, worker) for worker, job in self._jobs.items()]
        self._queue.asked += [task for task in tasks if task not in self._queue.status]
        self._queue.end(75, *tasks)
