"""Slurm's own commands: to queue a job array, to look after its tasks, to end them, and to queue one of them again."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tuner.cluster.slurm_environment import stated_first
from tuner.errors import ClusterError

SECONDS = 60.0
"""After so long without an answer a command counts as failed; the controller itself gives up after ten or so."""

NOT_OVER = frozenset(
    {"PENDING", "RUNNING", "CONFIGURING", "COMPLETING", "SUSPENDED", "STOPPED", "RESIZING", "SIGNALING", "STAGE_OUT"}
    | {"REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "SPECIAL_EXIT", "RESV_DEL_HOLD"}
)
"""States of a task that runs, will run, or waits for somebody to let it run."""

_NO_SUCH_JOB = "Invalid job id"
_COLUMNS = "ArrayJobID:24,ArrayTaskID:24,State:24,exit_code:24,Reason:48"


@dataclass(frozen=True)
class Task:
    """A task of a job array.

    Attributes:
        job: the array's number.
        worker: the task's number in it.
    """

    job: str
    worker: int

    def __str__(self) -> str:
        return f"{self.job}_{self.worker}"


@dataclass(frozen=True)
class TaskState:
    """How a task is.

    Attributes:
        name: Slurm's word, such as `RUNNING`.
        status: its exit status if it is over; negative for the signal that killed it.
        reason: Slurm's word on why, such as `Resources`; "None" without one.
    """

    name: str
    status: int = 0
    reason: str = "None"

    @property
    def over(self) -> bool:
        """Whether the task will not run any more."""
        return self.name not in NOT_OVER


class _NoAnswerError(ClusterError):
    """Nobody knows whether Slurm has done what it was told."""


def submit(script: str, environment: Mapping[str, str]) -> str:
    """Queue a script's job.

    Args:
        script: the text.
        environment: variables of the job beside those of this process. Slurm hands them on itself, so that no secret
            stands in the script or in a command line.
    Returns:
        The job's number.
    Raises:
        ClusterError: if Slurm refuses it.
    """
    own = stated_first(script, {**os.environ, **environment})
    command = ["sbatch", "--parsable", "--export=ALL"]
    mark = f"tuner-{secrets.token_hex(8)}"
    if "--comment" not in script:
        command.append(f"--comment={mark}")
    try:
        told = _call(command, script, own)
    except _NoAnswerError as error:
        # It may be queued all the same, and would then be nobody's.
        job = _job_with(mark)
        if job is None:
            raise ClusterError(
                f"{error}. The workers may be queued all the same: look with `squeue --me`, and end with `scancel` "
                "what nobody follows"
            ) from None
        return job
    return told.split(";")[0].strip()


def _job_with(mark: str) -> str | None:
    """The number of this user's job that has a comment; None if there is none, or Slurm does not answer."""
    try:
        told = _call(["squeue", "--noheader", "--me", "--states=all", "--Format=ArrayJobID:24,Comment:64"])
    except ClusterError:
        return None
    return next((words[0] for line in told.splitlines() if (words := line.split())[1:] == [mark]), None)


def states_of(jobs: Sequence[str]) -> dict[Task, TaskState]:
    """How all tasks of some jobs are, by one call; those that ended long ago are left out.

    Raises:
        ClusterError: if Slurm does not answer.
    """
    command = ["squeue", "--noheader", "--array", "--states=all", f"--jobs={','.join(jobs)}", f"--Format={_COLUMNS}"]
    try:
        told = _call(command)
    except ClusterError as error:
        if _NO_SUCH_JOB in str(error):
            return {}
        raise
    found = {}
    for line in told.splitlines():
        job, worker, name, status, *reason = line.split()
        if worker.isdigit():
            found[Task(job, int(worker))] = TaskState(name, _exit_status(name, int(status)), " ".join(reason))
    return found


def _exit_status(state: str, wait_status: int) -> int:
    """A task's exit status out of what the system calls told Slurm; only of tasks that ended by themselves."""
    if state not in ("COMPLETED", "FAILED"):
        return 0
    try:
        return os.waitstatus_to_exitcode(wait_status)
    except ValueError:  # no status that a process can have
        return -signal.SIGKILL


def hand_back(tasks: Sequence[Task]) -> None:
    """Ask tasks to hand back what they train and to leave; those that do not run yet are taken out of the queue.

    Raises:
        ClusterError: if Slurm does not answer.
    """
    names = [str(task) for task in tasks]
    if names:
        _call(["scancel", "--quiet", "--state=PENDING", *names])
        _call(["scancel", "--quiet", "--batch", "--signal=TERM", *names])


def restarts(environment: Mapping[str, str] = os.environ) -> int:
    """How often Slurm has queued again the task in which this process runs; 0 if this is none."""
    count = environment.get("SLURM_RESTART_COUNT", "")
    return int(count) if count.isascii() and count.isdigit() else 0


def queue_again(environment: Mapping[str, str] = os.environ) -> str | None:
    """Have Slurm queue the task in which this process runs once more.

    Returns:
        What went wrong; None if nothing did, or if this is no task of Slurm's.
    """
    job = environment.get("SLURM_JOB_ID")
    if not job:
        return None
    array = environment.get("SLURM_ARRAY_JOB_ID")
    name = f"{array}_{environment.get('SLURM_ARRAY_TASK_ID', '')}" if array else job
    try:
        _call(["scontrol", "requeue", name])
    except ClusterError as error:
        return str(error)
    return None


def _call(command: Sequence[str], given: str = "", environment: Mapping[str, str] | None = None) -> str:
    """What a command prints.

    Raises:
        ClusterError: if it is not there, fails, or does not answer.
    """
    # Some variables would hide tasks, or change what is cancelled.
    own = {
        name: value
        for name, value in (os.environ if environment is None else environment).items()
        if not name.startswith(("SQUEUE_", "SCANCEL_")) and name != "SLURM_CLUSTERS"
    }
    try:
        done = subprocess.run(
            command,
            input=given,
            env=own,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            # Ctrl-C is for who waits, and not for a job that is just being queued.
            start_new_session=True,
        )
    except FileNotFoundError:
        raise ClusterError(
            f"{command[0]} is not here; go to a node that has Slurm's commands, or search on this machine "
            "with --workers N alone"
        ) from None
    except subprocess.TimeoutExpired:
        raise _NoAnswerError(
            f"{command[0]} has not answered for {SECONDS:.0f} s; is Slurm's controller up? `scontrol ping` tells"
        ) from None
    if done.returncode:
        kind = _NoAnswerError if "timed out" in done.stderr else ClusterError
        said = [line.removeprefix(f"{command[0]}: ").removeprefix("error: ") for line in done.stderr.splitlines()]
        raise kind(f"{command[0]}: {'; '.join(said) or f'ended with status {done.returncode}'}{_hint(done)}")
    return done.stdout


_HINTS = {
    "artition": "`sinfo` lists the partitions; say which in [cluster] partition",
    "ccount": "say who pays in [cluster] account; `sacctmgr show assoc user=$USER` lists who may",
    "QOS": "the cluster's limits for you do not allow it; ask for fewer workers, or less of cpus, memory and time",
    "node configuration": "no node has so much; ask for less in [cluster] cpus, memory or gpus",
    "Memory specification": "no node has so much; ask for less in [cluster] memory",
    "(gres)": "the cluster has no such GPUs; set [cluster] gpus to 0",
    "time limit": "ask for less in [cluster] time",
    "array specification": "the cluster allows no arrays of that size; ask for fewer workers",
    "contact": "is Slurm's controller up? `scontrol ping` tells",
}
"""Words in what Slurm says, and the way out."""


def _hint(done: subprocess.CompletedProcess[str]) -> str:
    for word, way_out in _HINTS.items():
        if word in done.stderr:
            return f". {way_out[0].upper() if way_out[0].isalpha() else way_out[0]}{way_out[1:]}."
    return ""
