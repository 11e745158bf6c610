"""Workers as jobs of any batch system, by commands and a template that a person has written down.

Each worker is a job of its own: job arrays are written, named and asked after in another way by every system, and a
worker that is started again is a single job anyway.
"""

from __future__ import annotations

import logging
import math
import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tuner.clock import Clock
from tuner.cluster.cluster import BatchSystem, Ended, Queued
from tuner.cluster.command_calls import cancel, is_over, submit
from tuner.cluster.command_script import CommandJob, as_arguments, filled_in, handed_over
from tuner.cluster.sheet import FAILED, SHEET, Sheet
from tuner.cluster.tails import tail
from tuner.cluster.time_limit import LEAVE_AFTER
from tuner.errors import ClusterError
from tuner.search.storage_urls import FILE_VARIABLE, URL_VARIABLE

LOOK_SECONDS = 30.0
"""How often to ask the batch system, which is asked once for each worker."""

LOST = -9
"""The status of a worker that has left without a word."""

HANDED_BACK, INTERRUPTED = 75, 130
"""Exit statuses of a worker that somebody wanted to leave."""

_log = logging.getLogger(__name__)


class CommandCluster(BatchSystem):
    """Starts workers by a command of a person's own; they go on when this process leaves."""

    def __init__(
        self,
        job: CommandJob,
        folder: Path,
        *,
        cores: str,
        look_seconds: float | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        """No workers yet.

        Args:
            job: how they are queued, and what they get.
            folder: for the workers' sheets, and for the storage's URL, which is in a file that only its owner reads.
                The nodes have to see it.
            cores: the name of the environment variable that tells a worker how many cores it has.
            look_seconds: how often to ask the batch system; `LOOK_SECONDS` if left out.
            clock: what time it is.
        """
        self.name = job.cluster
        self._job = job
        self._folder = folder
        self._cores = cores
        self._look_seconds = LOOK_SECONDS if look_seconds is None else look_seconds
        self._clock = clock

    def script(self, command: Sequence[str], workers: int) -> str:
        return handed_over(self._job, command, workers, self._workers(command, {}, {}).environment(0))

    def attach(self, command: Sequence[str], environment: Mapping[str, str], jobs: Mapping[int, str]) -> CommandWorkers:
        return self._workers(command, environment, jobs)

    def _workers(
        self, command: Sequence[str], environment: Mapping[str, str], jobs: Mapping[int, str]
    ) -> CommandWorkers:
        environment = {self._cores: str(self._job.profile.cpus), **environment}
        return CommandWorkers(
            self._job, self._folder, command, environment, jobs, look_seconds=self._look_seconds, clock=self._clock
        )


class CommandWorkers(Queued):
    """Workers of one study as jobs of a batch system.

    How a worker has left it says itself, on its sheet. The batch system is only asked whether its job is still there,
    if a person has said how.
    """

    def __init__(
        self,
        job: CommandJob,
        folder: Path,
        command: Sequence[str],
        environment: Mapping[str, str],
        jobs: Mapping[int, str],
        *,
        look_seconds: float = LOOK_SECONDS,
        clock: Clock = time.monotonic,
        submit: Callable[[CommandJob, str, Path], str] = submit,
        is_over: Callable[[CommandJob, str], bool] = is_over,
        cancel: Callable[[CommandJob, str], None] = cancel,
    ) -> None:
        """Workers by their jobs.

        Args:
            job: how they are queued, and what they get.
            folder: for their sheets.
            command: what each of them runs.
            environment: variables of theirs; the storage's URL is handed over in a file.
            jobs: the batch system's name for each worker's job.
            look_seconds: how often to ask the batch system.
            clock: what time it is.
            submit, is_over, cancel: call it.
        """
        self._job = job
        self._folder = folder
        self._command = list(command)
        self._environment = dict(environment)
        self._jobs = dict(jobs)
        self._look_seconds = look_seconds
        self._clock = clock
        self._submit, self._is_over, self._cancel = submit, is_over, cancel
        self._asked = -look_seconds
        self._ends: dict[int, Ended] = {}
        self._begun: dict[int, float] = {}

    @property
    def jobs(self) -> Mapping[int, str]:
        return dict(self._jobs)

    @property
    def alive(self) -> int:
        self._look()
        return len(self._jobs) - len(self._ends)

    @property
    def in_words(self) -> str:
        self._look()
        running = sum(worker not in self._ends for worker in self._begun)
        waiting = len(self._jobs) - len(self._ends) - running
        counted = ", ".join(f"{count} {how}" for count, how in ((running, "running"), (waiting, "waiting")) if count)
        return counted or "none"

    def start(self, workers: Sequence[int]) -> None:
        self._job.logs.mkdir(parents=True, exist_ok=True)
        self._folder.mkdir(parents=True, exist_ok=True)
        if URL_VARIABLE in self._environment:
            _write_secret(self._secret, self._environment[URL_VARIABLE])
        for worker in workers:
            script = filled_in(self._job, worker, [*as_arguments(self.environment(worker)), *self._command])
            sheet = self._sheet(worker)
            sheet.renew()
            try:
                name = self._submit(self._job, script, self._folder / f"worker-{worker}.script")
            except BaseException:
                # Else an earlier worker of this place would seem to wait in the queue.
                sheet.say(status=FAILED)
                raise
            self.adopt(worker, name)

    def adopt(self, worker: int, job: str) -> None:
        self._ends.pop(worker, None)
        self._begun.pop(worker, None)
        self._jobs[worker] = job

    def start_again(self, worker: int) -> None:
        self.start([worker])

    def ended(self) -> list[Ended]:
        self._look()
        ends, self._ends = self._ends, {}
        for worker in ends:
            del self._jobs[worker]
            self._begun.pop(worker, None)
        return list(ends.values())

    def silent_for(self, seconds: float) -> None:
        # Where the batch system cannot be asked, this is how a worker that was killed is found.
        if not self._job.profile.status:
            until = self._clock() - seconds
            for worker, since in self._begun.items():
                if since < until and worker not in self._ends:
                    self._ends[worker] = self._lost(worker)

    def ask_to_stop(self) -> None:
        problems = []
        for worker, name in self._jobs.items():
            sheet = self._sheet(worker)
            if worker in self._ends or sheet.is_asked:
                continue
            sheet.ask_to_leave()
            if self._job.profile.cancel and not sheet.said().begun:
                try:
                    self._cancel(self._job, name)
                except ClusterError as error:
                    problems.append(str(error))
        if problems:
            raise ClusterError(f"{problems[0]}; workers that still wait in the queue leave as soon as they begin")

    def environment(self, worker: int) -> dict[str, str]:
        """The variables of a worker, which everybody can read."""
        public = {name: value for name, value in self._environment.items() if name != URL_VARIABLE}
        own = {FILE_VARIABLE: str(self._secret), SHEET: str(self._sheet(worker).path)}
        seconds, lead = self._job.profile.seconds, self._job.profile.lead_seconds
        if seconds is not None:
            own[LEAVE_AFTER] = str(max(1, math.floor(seconds - lead)))
        return {**public, **own}

    @property
    def _secret(self) -> Path:
        # Several people may work in one project.
        return self._folder / f"storage-{os.getuid()}"

    def _sheet(self, worker: int) -> Sheet:
        return Sheet(self._folder / f"worker-{worker}.sheet")

    def _look(self) -> None:
        """See what workers have said, and now and then ask the batch system."""
        over = self._those_over()
        for worker in self._jobs.keys() - self._ends.keys():
            sheet = self._sheet(worker)
            said = sheet.said()
            if said.begun:
                self._begun.setdefault(worker, self._clock())
            if said.again:
                # It has made room in time, for itself or for another one: its place is free.
                self._ends[worker] = self._end(worker, 0)
            elif said.status in (HANDED_BACK, INTERRUPTED):
                # A batch system that has wanted its node for others may start it again; then its job is still there.
                if worker in over or sheet.is_asked or not self._job.profile.status:
                    self._ends[worker] = self._end(worker, HANDED_BACK, cancelled=True)
            elif said.status is not None:
                self._ends[worker] = self._end(worker, said.status)
            elif worker in over or not sheet.is_there:
                self._ends[worker] = self._lost(worker)
            elif sheet.is_asked and not said.begun:
                self._ends[worker] = self._end(worker, HANDED_BACK, cancelled=True)

    def _those_over(self) -> set[int]:
        """The workers whose jobs are gone, if it is time to ask; where there is no answer, all is as it was."""
        if not self._job.profile.status or self._clock() < self._asked + self._look_seconds:
            return set()
        self._asked = self._clock()
        over = set()
        for worker, name in self._jobs.items():
            try:
                if worker not in self._ends and self._is_over(self._job, name):
                    over.add(worker)
            except ClusterError as error:
                _log.warning("%s", error)
                break
        return over

    def _lost(self, worker: int) -> Ended:
        ended = self._end(worker, LOST, cancelled=self._sheet(worker).is_asked)
        return replace(ended, last_words=f"job {ended.job} is gone without a word\n{ended.last_words}".strip())

    def _end(self, worker: int, status: int, *, cancelled: bool = False) -> Ended:
        return Ended(worker, status, tail(self._job.log(worker)), cancelled=cancelled, job=self._jobs[worker])


def _write_secret(path: Path, text: str) -> None:
    """Write a file that only its owner can read, at no moment anybody else."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=path.name, delete=False, encoding="utf-8") as file:
        file.write(f"{text}\n")
    os.replace(file.name, path)
