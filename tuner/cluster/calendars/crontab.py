"""What cron's and Slurm's calendars share: a text with a line for each entry, which a program prints and replaces."""

from __future__ import annotations

import os
import shutil
import subprocess
from abc import abstractmethod
from pathlib import Path
from typing import ClassVar

from tuner.cluster.calendars.calendar import Calendar, Installed
from tuner.cluster.calendars.entry import Entry
from tuner.cluster.calendars.marked_lines import blocks, marked, with_block
from tuner.errors import CalendarError

PATIENCE_SECONDS = 60.0
"""How long the program may take."""


class CrontabCalendar(Calendar):
    """A calendar that is a text of lines, as crontab keeps one for every user."""

    program: ClassVar[str]
    absent: ClassVar[str]
    """What to say where the program is not, with the way out."""

    @abstractmethod
    def lines(self, entry: Entry) -> list[str]:
        """The entry's lines, without the comments around them.

        Raises:
            CalendarError: if this calendar cannot hold it.
        """

    @abstractmethod
    def refusal(self, said: str) -> str | None:
        """A clear sentence for what the program says when it refuses to be used at all; None for anything else."""

    def text(self, entry: Entry) -> str:
        return marked(entry.name, entry.root, self.lines(entry))

    def install(self, entry: Entry) -> list[str]:
        block = self.text(entry)
        before = self._read()
        self._write(before, with_block(before, entry.name, entry.root, block, f"your {self.program}"))
        return []

    def installed(self) -> list[Installed]:
        return [
            Installed(
                self.name,
                block.name,
                block.root,
                "".join(block.lines),
                enabled=any(not line.lstrip().startswith("#") and line.strip() for line in block.lines),
            )
            for block in blocks(self._read(), f"your {self.program}")
        ]

    def remove(self, name: str, root: Path) -> bool:
        before = self._read()
        after = with_block(before, name, root, "", f"your {self.program}")
        self._write(before, after)
        return after != before

    def _read(self) -> str:
        done = self._run("-l")
        if done.returncode == 0:
            return _text(done.stdout)
        said = _said(done)
        if "no crontab" in said:
            return ""
        raise self._failed(said, "cannot be read")

    def _write(self, before: str, after: str) -> None:
        if after == before:
            return
        done = self._run("-", after) if after else self._run("-r")
        if done.returncode != 0:
            raise self._failed(_said(done), "does not take the entry; it is as it was")
        # Some versions leave with 0 although they have refused it, and somebody else may have written meanwhile.
        if self._read() != after:
            raise CalendarError(f"your {self.program} is not what was written to it; look at it with {self.program} -l")

    def _run(self, argument: str, given: str | None = None) -> subprocess.CompletedProcess[bytes]:
        if shutil.which(self.program) is None:
            raise CalendarError(self.absent)
        try:
            return subprocess.run(
                [self.program, argument],
                input=b"" if given is None else given.encode(errors="surrogateescape"),
                capture_output=True,
                timeout=PATIENCE_SECONDS,
                env={**os.environ, "LC_ALL": "C"},
            )
        except subprocess.TimeoutExpired:
            raise CalendarError(f"{self.program} has not answered within a minute; try again later") from None

    def _failed(self, said: str, what: str) -> CalendarError:
        return CalendarError(self.refusal(said) or f"your {self.program} {what}: {said or 'it does not say why'}")


def _text(output: bytes) -> str:
    return output.decode(errors="surrogateescape")


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    """What the program says, on one line; scrontab tells its mistakes on the standard output."""
    return " ".join((done.stderr or done.stdout).decode(errors="replace").split())
