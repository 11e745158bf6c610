"""The face of whatever starts a command at its time: somebody's crontab, Slurm's, systemd, Kubernetes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from tuner.cluster.calendars.entry import Entry


@dataclass(frozen=True)
class Installed:
    """An entry of ours that stands in a calendar.

    Attributes:
        calendar: which one, by its name in `CALENDARS`.
        name: the entry's.
        root: its project's root.
        text: how it stands there.
        enabled: whether the calendar would start it; somebody may have switched it off there.
    """

    calendar: str
    name: str
    root: Path
    text: str
    enabled: bool = True


class Calendar(ABC):
    """Starts commands at their times, without a process of ours that has to be kept alive."""

    name: ClassVar[str]

    @abstractmethod
    def text(self, entry: Entry) -> str:
        """The entry as this calendar wants it; this depends on nothing but the entry, and changes nothing.

        Raises:
            CalendarError: if this calendar cannot hold it.
        """

    @abstractmethod
    def install(self, entry: Entry) -> list[str]:
        """Have the command started at its times; an entry of the same name and root is replaced.

        Whatever else stands in the calendar stays as it is, byte for byte.

        Returns:
            What its owner should know, in sentences.
        Raises:
            CalendarError: if the calendar cannot be used or cannot hold the entry, or if what stands there already
                is not as it was left; nothing has been changed then.
        """

    @abstractmethod
    def installed(self) -> list[Installed]:
        """Every entry of ours, of all projects.

        Raises:
            CalendarError: if the calendar cannot be read.
        """

    @abstractmethod
    def remove(self, name: str, root: Path) -> bool:
        """Take an entry out again, and leave everything else as it is. A run that goes on is not stopped.

        Returns:
            Whether there was one.
        Raises:
            CalendarError: as `install`.
        """
