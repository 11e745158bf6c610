"""Running the commands that a sweep has behind its studies, once for each state that a study comes to."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tuner.actions.alone import alone
from tuner.actions.program import tuner_command
from tuner.actions.sweeps.ground import Ground
from tuner.search.storage import opened
from tuner.search.studies import Study, load_stored
from tuner.study.sweeps.commands import command_of
from tuner.study.sweeps.definition import Swept

COMMANDS = "tuner:then"
"""The study attribute that tells which commands were run behind it, at how many finished trials, and how they ended."""


@dataclass(frozen=True)
class CommandsRun:
    """The commands behind a study, as they were run last.

    Attributes:
        finished: how many trials of the study were finished then.
        exit_codes: what each left with, by its line in the sweep file.
    """

    finished: int
    exit_codes: Mapping[str, int]

    @property
    def failed(self) -> list[str]:
        """Those that did not leave with 0."""
        return [line for line, code in self.exit_codes.items() if code]


def commands_run(attributes: Mapping[str, Any]) -> CommandsRun | None:
    """What a study says of the commands that were run behind it; None if there were none."""
    kept = attributes.get(COMMANDS)
    return None if kept is None else CommandsRun(kept["finished"], kept["exit_codes"])


def run_commands(ground: Ground, swept: Swept, stored: str) -> CommandsRun | None:
    """Run the commands behind a study, unless that has been done since its last trial has finished.

    They are run one after another; one that fails is run again the next time. Whoever else wants the same waits.

    Args:
        ground: the sweep.
        swept: the study.
        stored: its name in the storage, with its generation.
    Returns:
        How they ended; None if there are none.
    """
    if not swept.then:
        return None
    with alone(ground.places.commands_lock(swept.name)), opened(ground.url(swept)) as backend:
        study = load_stored(backend, stored).study
        finished = _finished(study)
        before = commands_run(study.user_attrs)
        same = before is not None and before.finished == finished and [*before.exit_codes] == [*swept.then]
        if before is not None and same and not before.failed:
            return before
        codes = {line: _run(ground, swept, stored, line) for line in swept.then}
        study.set_user_attr(COMMANDS, {"finished": finished, "exit_codes": codes})
        return CommandsRun(finished, codes)


def _finished(study: Study) -> int:
    return sum(trial.state.name in ("COMPLETE", "PRUNED") for trial in study.get_trials(deepcopy=False))


def _run(ground: Ground, swept: Swept, stored: str, line: str) -> int:
    file = str(ground.places.study_file(swept.name))
    arguments = command_of(line, study=stored, file=file)
    url = ground.url(swept).render_as_string(hide_password=False)
    environment = {**os.environ, "TUNER_STORAGE": url, "TUNER_ROOT": str(ground.root)}
    log = ground.places.output(stored)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab", buffering=0) as output:
        output.write(f"{datetime.now(UTC).isoformat(' ', 'seconds')} tuner {shlex.join(arguments)}\n".encode())
        return subprocess.run(
            tuner_command(*arguments),
            cwd=ground.root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        ).returncode
