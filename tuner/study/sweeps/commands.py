"""The commands that a sweep file may have run when a study is over: some of tuner's own, and nothing else."""

from __future__ import annotations

import re
import shlex

from tuner.errors import HyperparameterError, did_you_mean
from tuner.space.complaints import shown

ALLOWED = ("show", "studies", "check", "copy", "clean", "reap", "storage")
"""Commands of tuner that end by themselves and need nobody to answer them."""

_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


def command_of(line: str, *, study: str, file: str) -> tuple[str, ...]:
    """The arguments for tuner in a line such as `tuner show --study {study} --json`.

    There is no shell: words are taken apart as it would, and each is one argument, whatever stands in it.

    Args:
        line: as the sweep file has it.
        study: takes the place of `{study}`.
        file: takes the place of `{file}`.
    Raises:
        HyperparameterError: if it is no such command.
    """
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise HyperparameterError(f"has {shown(line)}, which cannot be taken apart: {error}", "then") from None
    if words[:1] != ["tuner"] or len(words) < 2:
        raise HyperparameterError(
            f'has {shown(line)}, but should have commands of tuner, such as "tuner show --study {{study}}"', "then"
        )
    name = words[1]
    if name not in ALLOWED:
        hint = did_you_mean(name, ALLOWED)
        raise HyperparameterError(f'has {shown(line)}, but "{name}" is none of {", ".join(ALLOWED)}.{hint}', "then")
    values = {"{study}": study, "{file}": file}
    for placeholder in _PLACEHOLDER.findall(line):
        if placeholder not in values:
            raise HyperparameterError(f"has {placeholder}, but there are {{study}} and {{file}}", "then")
    return tuple(_PLACEHOLDER.sub(lambda found: values[found[0]], word) for word in words[1:])
