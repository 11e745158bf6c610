"""One entry of a calendar: a command, when it is due, and everything that it needs to find there."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tuner.cluster.calendars.cron_time import CronTime
from tuner.cluster.calendars.places import SchedulePlaces
from tuner.cluster.calendars.secrets import WAY_OUT, holds_password, may_be_secret
from tuner.errors import CalendarError

WRAPPER = "run-scheduled"
"""The command of ours that an entry runs, which runs the entry's own."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def own_program() -> tuple[str, ...]:
    """How to start this very `tuner` from anywhere: the script beside the Python that runs, or the package itself."""
    script = Path(sys.executable).parent / "tuner"
    # Without -P a folder `tuner` in the working directory would be taken for the package.
    return (str(script),) if os.access(script, os.X_OK) else (sys.executable, "-P", "-m", "tuner")


@dataclass(frozen=True)
class Entry:
    """What a calendar is to run, and when. Together, the name and the root tell entries apart.

    Attributes:
        name: letters, digits and `_.-`, such as `nightly`.
        at: when it is due.
        command: program and arguments; others can read them, so that they hold no password.
        root: the project root, absolute; the command's working directory and its `TUNER_ROOT`.
        environment: the variables that the command needs, beside those that a calendar sets by itself (`HOME`,
            `LOGNAME`): at least `PATH`. None of them may hold a password.
        log: where the output is appended, absolute; `.tuner/logs/schedule/NAME.log` in the root if left out.
        keep: of how many runs log and results tell; `KEEP_RUNS` if left out.
        program: how to start `tuner` itself.
    Raises:
        CalendarError: if one of them cannot be.
    """

    name: str
    at: CronTime
    command: Sequence[str]
    root: Path
    environment: Mapping[str, str]
    log: Path | None = None
    keep: int | None = None
    program: Sequence[str] = field(default_factory=own_program)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise CalendarError(
                f'"{self.name}" is no name for an entry; it has up to 64 letters, digits and _.- and begins with a '
                "letter or a digit"
            )
        for what, path in (("root", self.root), ("log", self.log)):
            if path is not None and not path.is_absolute():
                raise CalendarError(f"the {what} {path} should be absolute: a calendar starts commands elsewhere")
        if self.keep is not None and self.keep < 1:
            raise CalendarError(f"keep = {self.keep} would leave no run to tell of; keep at least 1")
        if not self.command:
            raise CalendarError(f"the entry {self.name} has no command")
        self._check_environment()
        self._check_words()

    def _check_environment(self) -> None:
        for name, value in self.environment.items():
            if not _VARIABLE.fullmatch(name):
                raise CalendarError(f'"{name}" is no name of a variable')
            if may_be_secret(name) or holds_password(value):
                raise CalendarError(
                    f"{name} may hold a password, which does not belong into a calendar, where others could read it; "
                    f"{WAY_OUT}"
                )
        if self.environment.get("TUNER_ROOT", str(self.root)) != str(self.root):
            raise CalendarError(f"TUNER_ROOT is {self.environment['TUNER_ROOT']}, but the entry's root is {self.root}")
        if not self.environment.get("PATH"):
            raise CalendarError("PATH is not stated, and a calendar's own has next to nothing in it; state it")

    def _check_words(self) -> None:
        for word in self.command:
            if holds_password(word):
                raise CalendarError(
                    "the command holds a URL with a password, which everybody on this machine could read; " + WAY_OUT
                )
        for word in (*self.wrapped, *self.variables.values(), str(self.root)):
            if _CONTROL.search(word):
                raise CalendarError(f"{word!r} holds a line break or another control character; no calendar can")

    @property
    def variables(self) -> dict[str, str]:
        """All variables that the entry sets."""
        return {**self.environment, "TUNER_ROOT": str(self.root)}

    @property
    def log_file(self) -> Path:
        """Where the output is appended."""
        return self.log or SchedulePlaces(self.root, self.name).log

    @property
    def wrapped(self) -> list[str]:
        """What a calendar runs: the command within the wrapper that keeps runs apart and notes how they end."""
        log = [] if self.log is None else ["--log", str(self.log)]
        keep = [] if self.keep is None else ["--keep", str(self.keep)]
        return [*self.program, WRAPPER, *log, *keep, self.name, "--", *self.command]
