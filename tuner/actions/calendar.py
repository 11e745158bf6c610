"""Having a command started by the calendar, with whichever calendar there is, and asking how its last run went."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tuner.cluster.calendars import (
    CALENDARS,
    Calendar,
    Entry,
    Installed,
    Kubernetes,
    LastResult,
    cron_time,
    explicit_environment,
)
from tuner.cluster.calendars import last_result as read_last_result
from tuner.cluster.calendars import results as read_results
from tuner.errors import CalendarError, did_you_mean, listed
from tuner.study.places import project_root

STORAGE_FILE = "TUNER_STORAGE_FILE"


@dataclass(frozen=True)
class Scheduled:
    """An entry that was installed, or only written.

    Attributes:
        text: the entry as its calendar wants it.
        installed: whether it stands in the calendar now.
        remarks: what its owner should know, in sentences.
    """

    text: str
    installed: bool
    remarks: tuple[str, ...] = ()


def schedule(
    name: str,
    *,
    at: str,
    command: Sequence[str],
    calendar: str | Calendar = "cron",
    root: Path | None = None,
    environment: Mapping[str, str] | None = None,
    log: Path | None = None,
    keep: int | None = None,
    print_only: bool = False,
) -> Scheduled:
    """Have a command started at its times; scheduling it again under the same name replaces the entry.

    A run that still goes on when the next one is due makes that one do nothing. Output is appended to a log, and
    `last_result` says how the last run went, and `results` how those before it.

    Args:
        name: the entry's name; it tells the entries of one project apart.
        at: when it is due, such as `0 2 * * *` or `@daily`, in the calendar's time zone.
        command: program and arguments, of which none may hold a password; started in the project root.
        calendar: a name of `CALENDARS`, or a calendar with settings of its own, such as `Scrontab(ScronOptions(...))`.
        root: the project root; found as the command line finds it if left out.
        environment: the variables that the command needs, `PATH` among them; those of this process that tuner,
            PostgreSQL, Slurm and Python go by if left out.
        log: where the output is appended; `.tuner/logs/schedule/NAME.log` if left out.
        keep: of how many runs the log and `results` tell, 1 or more; 30 if left out.
        print_only: change nothing, and only say what the entry would be.
    Raises:
        CalendarError: if the time, the entry or the calendar is not to be used, or another calendar has the entry.
        StorageError: if the file that `TUNER_STORAGE_FILE` names could not be used by a run.
    """
    there = calendar_of(calendar)
    folder = project_root(None if root is None else str(root), os.environ, Path.cwd())
    in_a_pod = isinstance(there, Kubernetes)
    if environment is None:
        # A pod has its image's variables, and a Secret.
        environment = {"PATH": os.defpath} if in_a_pod else explicit_environment(os.environ, Path.cwd())
    entry = Entry(
        name=name,
        at=cron_time(at),
        command=tuple(command),
        root=folder,
        environment=environment,
        log=None if log is None else log.absolute(),
        keep=keep,
    )
    if not in_a_pod:
        _check_findable(entry)
    text = there.text(entry)
    if print_only:
        return Scheduled(text, installed=False)
    if not in_a_pod:
        _check_elsewhere(entry, there)
    return Scheduled(text, installed=True, remarks=tuple(there.install(entry)))


def scheduled(*, root: Path | None = None, calendar: str | Calendar | None = None) -> list[Installed]:
    """The entries of a project, in all calendars that there are here.

    Args:
        root: the project root; found as the command line finds it if left out.
        calendar: the only one to look at.
    Raises:
        CalendarError: if the stated calendar cannot be read; of others, those that cannot are left out.
    """
    folder = project_root(None if root is None else str(root), os.environ, Path.cwd())
    if calendar is not None:
        found = calendar_of(calendar).installed()
    else:
        found = [entry for each in CALENDARS.values() for entry in _installed_if_any(each())]
    return [entry for entry in found if entry.root == folder]


def unschedule(name: str, *, root: Path | None = None, calendar: str | Calendar | None = None) -> list[str]:
    """Take an entry out of the calendars; a run that goes on is not stopped, and the last result stays.

    Args:
        name: the entry's.
        root: the project root; found as the command line finds it if left out.
        calendar: the only one to look at; all that have the entry if left out.
    Returns:
        The names of the calendars that had it; none if it was nowhere.
    Raises:
        CalendarError: if a calendar that has it, or the stated one, cannot be written.
    """
    folder = project_root(None if root is None else str(root), os.environ, Path.cwd())
    if calendar is not None:
        stated = calendar_of(calendar)
        return [stated.name] if stated.remove(name, folder) else []
    having = {entry.calendar for entry in scheduled(root=folder) if entry.name == name}
    return [each for each in CALENDARS if each in having and CALENDARS[each]().remove(name, folder)]


def last_result(name: str, *, root: Path | None = None) -> LastResult | None:
    """How the last run of an entry went, or that it goes on; None if there was none.

    Args:
        name: the entry's.
        root: the project root; found as the command line finds it if left out.
    Raises:
        CalendarError: if what the run has left cannot be read.
    """
    return read_last_result(project_root(None if root is None else str(root), os.environ, Path.cwd()), name)


def results(name: str, *, root: Path | None = None) -> list[LastResult]:
    """How the last runs of an entry went, the newest last; as many as its `keep` says.

    Args:
        name: the entry's.
        root: the project root; found as the command line finds it if left out.
    Raises:
        CalendarError: if what the runs have left cannot be read.
    """
    return read_results(project_root(None if root is None else str(root), os.environ, Path.cwd()), name)


def calendar_of(calendar: str | Calendar) -> Calendar:
    """A calendar by its name, or as it is.

    Raises:
        CalendarError: if there is none of this name.
    """
    if isinstance(calendar, Calendar):
        return calendar
    if calendar not in CALENDARS:
        raise CalendarError(
            f'there is no calendar "{calendar}"; there are {listed(list(CALENDARS))}.'
            f"{did_you_mean(calendar, list(CALENDARS))}"
        )
    return CALENDARS[calendar]()


def _check_findable(entry: Entry) -> None:
    """That a run will find what it needs: better told now than in a log at night."""
    program = entry.command[0]
    found = shutil.which(entry.root / program if "/" in program else program, path=entry.environment["PATH"])
    if found is None:
        raise CalendarError(
            f"the entry {entry.name} starts {program}, which is not on its PATH {entry.environment['PATH']}; name the "
            "program with its whole path, or its folder in PATH"
        )
    if STORAGE_FILE in entry.environment:
        from tuner.search.storage_urls import url_in_file

        url_in_file(entry.environment[STORAGE_FILE], STORAGE_FILE)


def _check_elsewhere(entry: Entry, calendar: Calendar) -> None:
    """That no other calendar starts it, too."""
    for other in CALENDARS:
        if other != calendar.name and any(
            (each.name, each.root) == (entry.name, entry.root) for each in _installed_if_any(CALENDARS[other]())
        ):
            raise CalendarError(
                f"the calendar {other} has the entry {entry.name} of {entry.root} already; take it out there first, or "
                "change it there"
            )


def _installed_if_any(calendar: Calendar) -> list[Installed]:
    """The entries of a calendar; none of one that is not here."""
    with suppress(CalendarError):
        return calendar.installed()
    return []
