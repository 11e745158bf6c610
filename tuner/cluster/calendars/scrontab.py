"""Slurm's own crontab, whose entries are jobs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from tuner.cluster.calendars.crontab import CrontabCalendar
from tuner.cluster.calendars.entry import Entry
from tuner.cluster.calendars.shell_line import shell_line
from tuner.errors import CalendarError

CRON_INSTEAD = "take the calendar cron, on the login node"

_OPTION = re.compile(r"[a-z][a-z0-9-]*")
_REFUSED = {"array": "the command submits arrays itself", "wrap": "the entry has its command"}


@dataclass(frozen=True)
class ScronOptions:
    """What the job of an entry asks of Slurm; what is left out is the site's own choice.

    The job only starts workers as jobs of their own and may wait for them, so that it needs little itself.

    Attributes:
        partition: where it runs.
        account: on whose behalf.
        time: for how long at the most, as sbatch takes it: `30` (minutes), `2:00:00`, `1-00:00:00`.
        cpus: how many.
        memory: how much, such as `2G`.
        extra: further options of sbatch by their long names, such as `{"qos": "low"}`.
    Raises:
        CalendarError: if one of them cannot stand in a line `#SCRON`, which is cut at every blank.
    """

    partition: str | None = None
    account: str | None = None
    time: str | None = None
    cpus: int | None = None
    memory: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, value in self.stated.items():
            if not _OPTION.fullmatch(name):
                raise CalendarError(f'"{name}" is no long option of sbatch; write it without dashes, such as "qos"')
            if name in _REFUSED:
                raise CalendarError(f"scrontab takes no --{name}; {_REFUSED[name]}")
            if not value or re.search(r"\s", value):
                raise CalendarError(f'--{name} is "{value}", but scrontab takes no empty value and none with blanks')
        if self.cpus is not None and self.cpus < 1:
            raise CalendarError(f"cpus is {self.cpus}, but a job needs at least 1")
        if self.time is not None and not re.fullmatch(r"(\d+-)?\d+(:\d+){0,2}", self.time):
            raise CalendarError(f'time is "{self.time}", but should be such as 30 (minutes), 2:00:00 or 1-00:00:00')

    @property
    def stated(self) -> dict[str, str]:
        """The options that are stated, by the names that sbatch has for them."""
        own = {
            "partition": self.partition,
            "account": self.account,
            "time": self.time,
            "cpus-per-task": None if self.cpus is None else str(self.cpus),
            "mem": self.memory,
        }
        return {name: value for name, value in own.items() if value is not None} | dict(self.extra)


class Scrontab(CrontabCalendar):
    """An entry is one line of the user's crontab in Slurm, below lines with what its job asks for.

    Slurm starts no second job of an entry while the first one runs, and a time that comes meanwhile is left out.
    """

    name: ClassVar[str] = "scrontab"
    program: ClassVar[str] = "scrontab"
    absent: ClassVar[str] = f"there is no scrontab on this machine: not every Slurm has it; {CRON_INSTEAD}"

    def __init__(self, options: ScronOptions | None = None) -> None:
        """Slurm's calendar.

        Args:
            options: what jobs ask for.
        """
        self._options = options or ScronOptions()

    def lines(self, entry: Entry) -> list[str]:
        # The wrapper keeps a log; here is only said what it cannot say, such as that it is gone. The file lies in the
        # home folder, which is always there, for a job whose output cannot be opened does not run.
        own = {"job-name": f"tuner-{entry.name}", "output": f"tuner-{entry.name}.out", "open-mode": "append"}
        options = own | self._options.stated
        return [*(f"#SCRON --{name}={value}" for name, value in options.items()), f"{entry.at} {shell_line(entry)}"]

    def refusal(self, said: str) -> str | None:
        if "disabled on this cluster" not in said:
            return None
        return f"scrontab is disabled on this cluster; {CRON_INSTEAD}"
