"""A batch system of any kind, as a person describes it: the commands to call, and a template of what is queued."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import Field, field_validator

from tuner.errors import HyperparameterError, did_you_mean
from tuner.space.complaints import shown
from tuner.study.cluster_profile import ClusterProfile

PLACEHOLDERS: Mapping[str, str] = {
    "name": "a name for the job, `tuner-` and the study's",
    "worker": "the worker's number",
    "cpus": "cores",
    "memory_mb": "memory in MiB",
    "gpus": "GPUs",
    "seconds": "time limit in seconds",
    "minutes": "time limit in minutes, rounded up",
    "hhmmss": "time limit as 02:00:00",
    "lead_seconds": "how long before that the worker makes room, in seconds",
    "partition": "partition or queue",
    "account": "account",
    "log": "the file for the worker's output",
    "command": "what the job runs",
}
"""What may stand in braces in a template."""

PLACEHOLDER = re.compile(r"(?<!\$)\{([A-Za-z_]\w*)\}")
"""A word in braces; `${HOME}` is the shell's."""

_DOUBLED = re.compile(r"(?<!\$)\{(\{[A-Za-z_]\w*\})\}")


class CommandProfile(ClusterProfile):
    """A batch system by its commands. Each worker is a job of its own."""

    submit: tuple[str, ...] = Field(
        (),
        validate_default=True,
        description='What queues a job, such as ["qsub"]; it gets the script at its standard input, or as a file where '
        "`{script}` stands.",
    )
    script: str = Field("", validate_default=True, description="The template of what is queued.")
    job: str = Field(
        r"\A(?:.*\n)*\s*(\S+).*\n*\Z",
        description="A regular expression that finds the job's name in what `submit` prints, as its group if it has "
        "one; the first word of the last line if left out.",
    )
    status: tuple[str, ...] = Field(
        (), description='What tells whether a job is there, such as ["qstat", "{job}"]: it fails once the job is over.'
    )
    over: str | None = Field(
        None,
        min_length=1,
        description="A regular expression for what `status` prints of a job that is over. Where it does not match, a "
        "`status` that fails has no answer.",
    )
    cancel: tuple[str, ...] = Field((), description='What takes a job out of the queue, such as ["qdel", "{job}"].')

    @field_validator("submit")
    @classmethod
    def _is_command(cls, submit: tuple[str, ...]) -> tuple[str, ...]:
        if not submit:
            raise HyperparameterError('is not there, but should be the command that queues a job, such as ["qsub"]')
        _known(submit, ("script",))
        return submit

    @field_validator("status", "cancel")
    @classmethod
    def _names_the_job(cls, command: tuple[str, ...]) -> tuple[str, ...]:
        _known(command, ("job",))
        if command and not any("{job}" in part for part in command):
            raise HyperparameterError(f"is {shown(command)}, but has no {{job}} where the job's name should stand")
        return command

    @field_validator("script")
    @classmethod
    def _is_template(cls, script: str) -> str:
        if not script.strip():
            raise HyperparameterError(
                "is not there, but should be the text that is queued, with {command} where the worker is started"
            )
        doubled = _DOUBLED.search(script)
        if doubled:
            raise HyperparameterError(f"has {doubled[0]}, but one pair of braces does: {doubled[1]}")
        _known((script,), tuple(PLACEHOLDERS))
        commands = PLACEHOLDER.findall(script).count("command")
        if commands != 1:
            raise HyperparameterError(
                f"has {{command}} {commands} times, but should have it once, where the worker is started"
                if commands
                else "has no {command}, but should, where the worker is started"
            )
        return script

    @field_validator("job", "over")
    @classmethod
    def _is_pattern(cls, pattern: str | None) -> str | None:
        try:
            groups = re.compile(pattern or "").groups
        except re.error as error:
            raise HyperparameterError(f"is {shown(pattern)}, but is no regular expression: {error}") from None
        if groups > 1:
            raise HyperparameterError(
                f"is {shown(pattern)}, but should have one group at most; write (?:...) for others"
            )
        return pattern

    @field_validator("setup", "extra")
    @classmethod
    def _has_its_place_in_the_script(cls, lines: Any) -> Any:
        if lines:
            raise HyperparameterError(
                f'is {shown(lines)}, but where kind is "command" such lines are written into `script`'
            )
        return lines


def _known(texts: tuple[str, ...], names: tuple[str, ...]) -> None:
    """Check that only some placeholders are used.

    Raises:
        HyperparameterError: naming the first that is not known.
    """
    for text in texts:
        for name in PLACEHOLDER.findall(text):
            if name not in names:
                raise HyperparameterError(
                    f"has {{{name}}}, but there are only {', '.join(f'{{{each}}}' for each in names)}. Braces of the "
                    f"text's own have blanks within: {{ {name} }}.{did_you_mean(name, names)}"
                )
