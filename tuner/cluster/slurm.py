"""Workers as tasks of Slurm job arrays, through Slurm's own commands."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tuner.clock import Clock
from tuner.cluster.cluster import BatchSystem, Ended, Queued
from tuner.cluster.long_logs import put_aside
from tuner.cluster.slurm_commands import Task, TaskState, hand_back, states_of, submit
from tuner.cluster.slurm_script import WorkerArray, batch_script, behind_script, log_of
from tuner.cluster.tails import tail
from tuner.errors import ClusterError
from tuner.study.cluster_settings import ClusterSettings

LOOK_SECONDS = 5.0
"""How often to ask Slurm, whose controller answers for everybody on the cluster."""

LOST = -9
"""The status of a worker that did not end by itself."""

_log = logging.getLogger(__name__)


class SlurmCluster(BatchSystem):
    """Starts workers as tasks of a job array, which go on when this process leaves."""

    def __init__(
        self,
        study: str,
        resources: ClusterSettings,
        logs: Path,
        *,
        name: str = "slurm",
        cores: str,
        setup: Sequence[str] = (),
        behind: Sequence[str] = (),
        look_seconds: float = LOOK_SECONDS,
        clock: Clock = time.monotonic,
    ) -> None:
        """No workers yet.

        Args:
            study: whose workers they are, for people who look at the queue.
            resources: of each worker.
            logs: the folder where each worker's output goes, as `worker-0.log` and so on; made if it is not there. The
                nodes have to see it, too.
            name: what a person calls the cluster.
            cores: the name of the environment variable that tells a worker how many cores it has.
            setup: lines of shell before the command, out of a person's own profile.
            behind: a command that is run, as a job of its own, when workers that were queued together are over.
            look_seconds: how often to ask Slurm.
            clock: what time it is.
        """
        self.name = name
        self._array = WorkerArray(study, (), resources, logs, cores, setup, behind)
        self._look_seconds = look_seconds
        self._clock = clock

    def script(self, command: Sequence[str], workers: int) -> str:
        return batch_script(replace(self._array, command=tuple(command)), range(workers))

    def attach(self, command: Sequence[str], environment: Mapping[str, str], jobs: Mapping[int, str]) -> SlurmWorkers:
        self._array.logs.mkdir(parents=True, exist_ok=True)
        array = replace(self._array, command=tuple(command))
        return SlurmWorkers(array, environment, jobs, look_seconds=self._look_seconds, clock=self._clock)


class SlurmWorkers(Queued):
    """Workers of one study as tasks of job arrays.

    Slurm itself starts those again that made room or whose node failed; they stay alive all the while.
    """

    def __init__(
        self,
        array: WorkerArray,
        environment: Mapping[str, str],
        jobs: Mapping[int, str],
        *,
        look_seconds: float = LOOK_SECONDS,
        clock: Clock = time.monotonic,
        states_of: Callable[[Sequence[str]], Mapping[Task, TaskState]] = states_of,
    ) -> None:
        """Workers by their job arrays' numbers.

        Args:
            array: how they are started.
            environment: variables of theirs beside those of this process.
            jobs: the number of each worker's job array.
            look_seconds: how often to ask Slurm.
            clock: what time it is.
            states_of: asks it.
        """
        self._array = array
        self._environment = dict(environment)
        self._tasks = {worker: Task(job, worker) for worker, job in jobs.items()}
        self._look_seconds = look_seconds
        self._clock = clock
        self._states_of = states_of
        self._looked = -look_seconds
        self._states: dict[int, TaskState] = {}
        self._asked: set[Task] = set()

    @property
    def jobs(self) -> Mapping[int, str]:
        return {worker: task.job for worker, task in self._tasks.items()}

    @property
    def alive(self) -> int:
        self._look()
        return sum(not state.over for state in self._states.values())

    @property
    def in_words(self) -> str:
        self._look()
        names = [state.name for state in self._states.values()]
        counted = [f"{names.count(name)} {name.lower()}" for name in dict.fromkeys(names)]
        waits = [state.reason for state in self._states.values() if state.name == "PENDING" and state.reason != "None"]
        return ", ".join(counted) + (f" ({waits[0]})" if waits else "")

    def start(self, workers: Sequence[int]) -> None:
        for worker in workers:
            put_aside(log_of(self._array, worker))
        job = submit(batch_script(self._array, workers), self._environment)
        if self._array.behind:
            self._queue_behind(job)
        for worker in workers:
            self._tasks[worker] = Task(job, worker)
            self._states[worker] = TaskState("PENDING")
        # What is just queued is looked after later.
        self._looked = self._clock()

    def _queue_behind(self, job: str) -> None:
        try:
            submit(behind_script(self._array, job), self._environment)
        except ClusterError as error:
            # The workers are queued, and can do without it as long as somebody follows them.
            _log.warning("nothing is run when job %s is over: %s", job, error)

    def adopt(self, worker: int, job: str) -> None:
        self._tasks[worker] = Task(job, worker)
        self._states[worker] = TaskState("PENDING")

    def start_again(self, worker: int) -> None:
        self.start([worker])

    def ended(self) -> list[Ended]:
        self._look()
        over = {worker: state for worker, state in self._states.items() if state.over}
        for worker in over:
            del self._states[worker]
        return [self._ended(self._tasks.pop(worker), state) for worker, state in over.items()]

    def ask_to_stop(self) -> None:
        # Each once: a second signal would end a worker before it has handed anything back.
        tasks = {self._tasks[worker] for worker, state in self._states.items() if not state.over} - self._asked
        hand_back(sorted(tasks, key=str))
        self._asked |= tasks

    def _ended(self, task: Task, state: TaskState) -> Ended:
        last_words = tail(log_of(self._array, task.worker))
        if state.name not in ("COMPLETED", "FAILED", "CANCELLED"):
            last_words = f"Slurm says {state.name}\n{last_words}".strip()
        # A task that did not run out is lost, whatever status it left with.
        status = state.status if state.status or state.name == "COMPLETED" else LOST
        return Ended(task.worker, status, last_words, cancelled=state.name.startswith("CANCELLED"), job=task.job)

    def _look(self) -> None:
        """Ask Slurm, if that was not done just now. Where it does not answer, all is as it was.

        Raises:
            ClusterError: if it does not answer the first time, so that nobody knows how anything was.
        """
        if not self._tasks or self._clock() < self._looked + self._look_seconds:
            return
        self._looked = self._clock()
        try:
            found = self._states_of(list(dict.fromkeys(self.jobs.values())))
        except ClusterError as error:
            if not self._states:
                raise
            _log.warning("%s", error)
            return
        # Slurm forgets tasks some minutes after they have ended.
        gone = TaskState("COMPLETED")
        self._states = {worker: found.get(task, gone) for worker, task in self._tasks.items()}
