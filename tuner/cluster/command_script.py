"""What is handed to a batch system for one worker: a person's own template with its placeholders filled in."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tuner.errors import ClusterError
from tuner.study.command_profile import PLACEHOLDER, CommandProfile

_SETTING = {
    "memory_mb": "memory",
    "seconds": "time",
    "minutes": "time",
    "hhmmss": "time",
    "lead_seconds": "time",
}
"""The setting behind a placeholder of another name."""

_ASKED_FOR = ("cpus", "memory", "gpus", "partition", "account")
"""Settings that are lost where the template has no place for them; time is kept by the worker itself."""

_MEANS_SOMETHING = re.compile(r"[^\w@%+=:,./~ -]")

_SAMPLES = {"memory": "4GB", "time": "2h", "partition": "short", "account": "team"}


@dataclass(frozen=True)
class CommandJob:
    """What the jobs of one study's workers have in common.

    Attributes:
        study: its name.
        cluster: what a person calls the batch system.
        profile: how they describe it, and what each worker gets.
        described_in: the file where they do.
        logs: the folder where each worker writes what it does.
    """

    study: str
    cluster: str
    profile: CommandProfile
    described_in: Path
    logs: Path

    @property
    def name(self) -> str:
        """The job's name; PBS and Grid Engine take few signs."""
        return re.sub(r"[^A-Za-z0-9_.-]", "_", f"tuner-{self.study}")

    def log(self, worker: int) -> Path:
        """Where a worker writes what it does; one that is started again writes behind."""
        return self.logs / f"worker-{worker}.log"

    def place(self, setting: str) -> str:
        """Where a setting of the batch system's stands, for errors."""
        return f"{self.described_in}: {self.cluster}.{setting}"


def filled_in(job: CommandJob, worker: int, command: Sequence[str]) -> str:
    """The template for one worker.

    Values with blanks are quoted for a shell; those with signs that mean something to one are refused, since nobody
    knows whether the template has quotation marks around them: nothing out of a study file is ever executed.

    Args:
        job: whose template it is.
        worker: the worker's number.
        command: what the job runs; everybody can read it, so that it holds no secret.
    Raises:
        ClusterError: if a value is not stated, has no place in the template, or cannot stand in one.
    """
    values = _values(job, worker, command)
    named = set(PLACEHOLDER.findall(job.profile.script))
    _refuse_what_has_no_place(job, named)
    for name in PLACEHOLDER.findall(job.profile.script):
        if values[name] is None:
            setting = _SETTING.get(name, name)
            raise ClusterError(
                f'{job.place("script")} has {{{name}}}, but nobody says which; write {setting} = "{_SAMPLES[setting]}" '
                f"into [{job.cluster}] there or into the study's [cluster], or take {{{name}}} out"
            )
    return PLACEHOLDER.sub(lambda found: str(values[found[1]]), job.profile.script)


def _values(job: CommandJob, worker: int, command: Sequence[str]) -> dict[str, str | None]:
    """What stands for each placeholder; None for what nobody has stated."""
    own = job.profile
    seconds = None if own.seconds is None else math.ceil(own.seconds)
    return {
        "name": job.name,
        "worker": str(worker),
        "cpus": str(own.cpus),
        "memory_mb": None if own.memory_bytes is None else str(math.ceil(own.memory_bytes / 2**20)),
        "gpus": str(own.gpus),
        "seconds": None if seconds is None else str(seconds),
        "minutes": None if seconds is None else str(-(-seconds // 60)),
        "hhmmss": None if seconds is None else f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}",
        "lead_seconds": None if seconds is None else str(math.ceil(own.lead_seconds)),
        "partition": None if own.partition is None else _quoted(own.partition, "partition"),
        "account": None if own.account is None else _quoted(own.account, "account"),
        "log": _quoted(str(job.log(worker)), "the log's path"),
        "command": " ".join(_quoted(part, "a part of the command") for part in command),
    }


def _refuse_what_has_no_place(job: CommandJob, named: set[str]) -> None:
    """Rather than leave out what somebody has asked for, or have it all at once.

    Raises:
        ClusterError: naming the setting.
    """
    own = job.profile
    for setting in _ASKED_FOR:
        placeholders = [each for each in ("memory_mb", setting) if _SETTING.get(each, each) == setting]
        if setting in own.model_fields_set and getattr(own, setting) and named.isdisjoint(placeholders):
            raise ClusterError(
                f"{job.place('script')} has no {{{placeholders[0]}}}, but {setting} is stated for the workers of "
                f'"{job.study}"; put {{{placeholders[0]}}} where the batch system wants it, or take {setting} out'
            )
    if own.extra:
        raise ClusterError(
            f'the [cluster] of "{job.study}" states extra = {list(own.extra)}, which are options of Slurm\'s; '
            f"{job.place('script')} is the place for those of other batch systems"
        )


def _quoted(text: str, what: str) -> str:
    """A text as a shell reads it, and most other readers, too.

    Raises:
        ClusterError: if it could mean something to one of them, within whatever quotation marks of the template's.
    """
    other = _MEANS_SOMETHING.search(text)
    if other:
        raise ClusterError(
            f"{what} is {text!r}, which cannot stand in a batch script: {other[0]!r} could mean something there; "
            "letters, digits, blanks and @%+=:,./_~- can"
        )
    return shlex.quote(text)


def handed_over(job: CommandJob, command: Sequence[str], workers: int, environment: Mapping[str, str]) -> str:
    """What a dry run shows."""
    script = filled_in(job, 0, [*as_arguments(environment), *command])
    submit = shlex.join(job.profile.submit)
    once = "once" if workers == 1 else f"once for each of {workers} workers; this is the first one's"
    return f"{script.rstrip()}\n# handed to `{submit}`, {once}\n"


def as_arguments(environment: Mapping[str, str]) -> list[str]:
    """Variables in front of a command; not every batch system hands on those of who submits."""
    return ["env", *(f"{name}={value}" for name, value in environment.items())]
