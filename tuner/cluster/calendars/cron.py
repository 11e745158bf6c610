"""The user's own crontab."""

from __future__ import annotations

from typing import ClassVar

from tuner.cluster.calendars.crontab import CrontabCalendar
from tuner.cluster.calendars.entry import Entry
from tuner.cluster.calendars.shell_line import shell_line
from tuner.errors import CalendarError

LONGEST_COMMAND = 998
"""Bytes of a command that Debian's cron takes; others take more."""


class Cron(CrontabCalendar):
    """An entry is one line of the user's crontab on this machine."""

    name: ClassVar[str] = "cron"
    program: ClassVar[str] = "crontab"
    absent: ClassVar[str] = (
        "there is no crontab on this machine; install cron (apt-get install cron), or take the calendar systemd"
    )

    def lines(self, entry: Entry) -> list[str]:
        line = shell_line(entry)
        if "\\" in line:
            raise CalendarError(
                f"the entry {entry.name} holds a backslash, which not every cron reads alike; do without it, or take "
                "the calendar systemd"
            )
        command = line.replace("%", "\\%")  # a bare one would end the command
        length = len(command.encode(errors="surrogateescape"))
        if length > LONGEST_COMMAND:
            raise CalendarError(
                f"the entry {entry.name} would be a command of {length} bytes, and cron takes {LONGEST_COMMAND}; "
                f"{len(entry.environment['PATH'])} of them are PATH: name only folders of programs that the command "
                "needs, or take the calendar systemd"
            )
        return [f"{entry.at} {command}"]

    def _write(self, before: str, after: str) -> None:
        # Debian's crontab shows a carriage return as two other characters, which would be written back.
        wrong = [number for number, line in enumerate(before.split("\n"), 1) if line.endswith("\\r")]
        if wrong and after != before:
            raise CalendarError(
                f"your crontab has a carriage return at the end of line {wrong[0]}, which crontab does not show as it "
                "is; take it out with `crontab -e`, nothing has been changed"
            )
        super()._write(before, after)

    def refusal(self, said: str) -> str | None:
        if "not allowed" not in said:
            return None
        return "you may not use crontab on this machine; ask its administrators, or take the calendar systemd"
