"""The batch script of a Slurm job array of workers, as text."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tuner.errors import ClusterError
from tuner.study.cluster_settings import ClusterSettings


@dataclass(frozen=True)
class WorkerArray:
    """A job array, each task of which is one worker.

    Attributes:
        study: its name.
        command: what each worker runs; everybody can read it, so that it holds no secret.
        resources: of each worker.
        logs: the folder where each worker writes what it does.
        cores: the name of the environment variable that tells a worker how many cores it has.
        setup: lines of shell before the command, out of a person's own profile.
        behind: a command that runs once when all of them are over; none if empty.
    """

    study: str
    command: Sequence[str]
    resources: ClusterSettings
    logs: Path
    cores: str
    setup: Sequence[str] = ()
    behind: Sequence[str] = ()


def batch_script(array: WorkerArray, workers: Sequence[int]) -> str:
    """The script that `sbatch` gets at its standard input.

    The worker takes the place of the shell, so that Slurm's signals reach it: USR1 before the time limit, TERM when it
    is to make room. Slurm starts it again after a node's failure or a preemption.

    Args:
        array: what is started.
        workers: the numbers of the workers, each that of its task.
    Raises:
        ClusterError: if a name or a path cannot stand in a script.
    """
    return _script(array, _array_options(array, workers), array.command)


def behind_script(array: WorkerArray, job: str) -> str:
    """The script of the job that waits for an array to be over, however its workers end.

    Args:
        array: which has a command to be run behind it.
        job: the array's number.
    Raises:
        ClusterError: if a name or a path cannot stand in a script.
    """
    return _script(array, _behind_options(array, job), array.behind)


def _script(array: WorkerArray, options: Iterator[str], command: Sequence[str]) -> str:
    stated = "\n".join(f"#SBATCH {option}" for option in options)
    lines = [f'export {array.cores}="${{SLURM_CPUS_PER_TASK:-1}}"', *array.setup, f"exec {shlex.join(command)}"]
    return "\n".join(["#!/bin/bash", stated, *lines, ""])


def log_of(array: WorkerArray, worker: int) -> Path:
    """Where a worker writes what it does, whichever job it is of; one that is started again writes behind."""
    return array.logs / f"worker-{worker}.log"


def _array_options(array: WorkerArray, workers: Sequence[int]) -> Iterator[str]:
    yield f"--job-name={_quoted(f'tuner-{array.study}')}"
    yield f"--array={_ranges(workers)}"
    yield from _options(array, "worker-%a", f"--signal=B:USR1@{math.ceil(array.resources.lead_seconds)}")


def _behind_options(array: WorkerArray, job: str) -> Iterator[str]:
    yield f"--job-name={_quoted(f'tuner-{array.study}-behind')}"
    yield f"--dependency=afterany:{job}"
    yield from _options(array, "behind")


def _options(array: WorkerArray, log: str, *more: str) -> Iterator[str]:
    own = array.resources
    yield f"--cpus-per-task={own.cpus}"
    if own.memory_bytes is not None:
        yield f"--mem={math.ceil(own.memory_bytes / 2**20)}M"
    if own.gpus:
        yield f"--gpus={own.gpus}"
    if own.seconds is not None:
        # Slurm counts in minutes.
        yield f"--time={math.ceil(own.seconds / 60)}"
    if own.partition is not None:
        yield f"--partition={_quoted(own.partition)}"
    if own.account is not None:
        yield f"--account={_quoted(own.account)}"
    yield "--requeue"
    yield from more
    yield "--open-mode=append"
    yield f"--output={_quoted(str(array.logs).replace('%', '%%') + f'/{log}.log')}"
    yield from (_quoted(option) for option in own.extra)


def _quoted(text: str) -> str:
    """A text as it may stand in an option.

    Raises:
        ClusterError: if it cannot.
    """
    if not text.isprintable() or '"' in text or "\\" in text:
        raise ClusterError(f"{text!r} cannot stand in a Slurm script: it has a quotation mark, a backslash or a break")
    return f'"{text}"' if set(text) & set(" '#\t") else text


def _ranges(numbers: Sequence[int]) -> str:
    """Numbers as Slurm writes them.

    >>> _ranges([0, 1, 2, 5])
    '0-2,5'
    """
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ",".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
