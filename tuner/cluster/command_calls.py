"""Calling the commands of a batch system as a person has described them: to queue a job, to see it, to take it out."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tuner.cluster.command_script import CommandJob
from tuner.errors import ClusterError
from tuner.search.storage_urls import URL_VARIABLE

SECONDS = 60.0
"""After so long without an answer a command counts as failed."""

_JOB = re.compile(r"[\w.@:\[\]-]+", re.ASCII)
"""What a job may be called: it becomes an argument of other commands."""


def submit(job: CommandJob, script: str, file: Path) -> str:
    """Queue one worker.

    Args:
        job: how.
        script: what is queued.
        file: where it is written to if the command wants a file.
    Returns:
        The batch system's name for the job.
    Raises:
        ClusterError: if the batch system refuses it, or does not say what the job is called.
    """
    command = list(job.profile.submit)
    if any("{script}" in part for part in command):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(script, encoding="utf-8")
        file.chmod(0o600)
        command = [part.replace("{script}", str(file)) for part in command]
        script = ""
    done = _call(job, "submit", command, script)
    if done.returncode:
        raise ClusterError(
            f'"{command[0]}" {_failed(done)}. What it was given is made from [{job.cluster}] in {job.described_in}; '
            "`tuner search ... --dry-run` shows it"
        )
    found = re.search(job.profile.job, done.stdout)
    name = (found[1] if found.re.groups else found[0]) if found else None
    if name is None or not _JOB.fullmatch(name):
        printed = " ".join(done.stdout.split()) or "nothing"
        raise ClusterError(
            f"{job.place('job')} finds no job's name in what {command[0]} has printed: {printed[:200]}. Write a "
            r"regular expression with the name as its group: job = 'Job <(\d+)>'; the job itself may be in the queue"
        )
    return name


def is_over(job: CommandJob, name: str) -> bool:
    """Whether a job is not there any more.

    Raises:
        ClusterError: if the batch system does not tell.
    """
    done = _call(job, "status", [part.replace("{job}", name) for part in job.profile.status])
    over = job.profile.over
    if over is None:
        return done.returncode != 0
    if re.search(over, done.stdout + done.stderr):
        return True
    if done.returncode:
        raise ClusterError(f'"{job.profile.status[0]}" {_failed(done)}')
    return False


def cancel(job: CommandJob, name: str) -> None:
    """Take a job out of the queue.

    Raises:
        ClusterError: if the batch system does not do so.
    """
    done = _call(job, "cancel", [part.replace("{job}", name) for part in job.profile.cancel])
    if done.returncode:
        raise ClusterError(f'"{job.profile.cancel[0]}" {_failed(done)}')


def _failed(done: subprocess.CompletedProcess[str]) -> str:
    said = "; ".join(line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip())
    return f"has failed: {said}" if said else f"has ended with status {done.returncode} and said nothing"


def _call(job: CommandJob, setting: str, command: Sequence[str], given: str = "") -> subprocess.CompletedProcess[str]:
    """What has become of a command.

    Raises:
        ClusterError: if it cannot be called, or does not answer.
    """
    # PBS, Grid Engine and HTCondor show everybody the variables that they hand on.
    environment = {name: value for name, value in os.environ.items() if name != URL_VARIABLE}
    try:
        return subprocess.run(
            command,
            input=given,
            env=environment,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            # Ctrl-C is for who waits, and not for a job that is just being queued.
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        raise ClusterError(f"{job.place(setting)}: {command[0]} has not answered for {SECONDS:.0f} s") from None
    except OSError as error:
        reason = "is not here" if isinstance(error, FileNotFoundError) else f"cannot be called: {error.strerror}"
        raise ClusterError(
            f'{job.place(setting)} calls "{command[0]}", which {reason}; go to a machine that has the batch system\'s '
            "commands, or write the command's whole path"
        ) from None
