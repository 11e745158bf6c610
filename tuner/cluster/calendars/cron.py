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
                f"the entry {entry.name} would be a line of {length} bytes, and cron takes {LONGEST_COMMAND}; make PATH "
                f"shorter ({len(entry.environment['PATH'])} bytes of it; only folders of programs that the command "
                "needs), or take the calendar systemd"
            )
        return [f"{entry.at} {command}"]

    def refusal(self, said: str) -> str | None:
        if "not allowed" not in said:
            return None
        return (
            "you are not allowed to use crontab on this machine; ask its administrators, or take the calendar systemd"
        )
