"""Having a sweep run by the calendar."""

from __future__ import annotations

import dataclasses
import os
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from tuner.actions.calendar import Scheduled, calendar_of, schedule
from tuner.actions.sweeps.run import ground_of
from tuner.cluster.calendars import CALENDARS, Calendar, Kubernetes, PodSettings, ScronOptions, Scrontab
from tuner.cluster.calendars.entry import own_program
from tuner.errors import CalendarError, did_you_mean
from tuner.study.cluster_profiles import cluster_profile
from tuner.study.cluster_settings import ClusterSettings

SETTINGS: Mapping[str, type] = {"scrontab": ScronOptions, "kubernetes": PodSettings}
"""What may be set of an entry, by its calendar."""


def schedule_sweep(
    sweep: str,
    *,
    at: str,
    calendar: str = "cron",
    settings: Mapping[str, str] | None = None,
    root: Path | None = None,
    print_only: bool = False,
) -> Scheduled:
    """Have a sweep run at its times; scheduling it again replaces the entry.

    Args:
        sweep: its name, or its file's path.
        at: when, such as `0 2 * * *`.
        calendar: a name of `CALENDARS`.
        settings: what the entry asks of a calendar that runs it as a job of its own, by the fields of `SETTINGS`; of
            Slurm's, partition and account are the sweep's cluster's if left out.
        root: the project root; found as the command line finds it if left out.
        print_only: change nothing, and only say what the entry would be.
    Raises:
        CalendarError: if the time, a setting or the calendar is not to be used.
        StudyError, StudyFileError: if the sweep's file has mistakes; better told now than at night.
    """
    ground = ground_of(sweep, root, None)
    there = _calendar(calendar, settings or {}, ground.sweep.settings.cluster)
    in_a_pod = isinstance(there, Kubernetes)
    # A pod has its own tuner.
    program = ("tuner",) if in_a_pod else own_program()
    named = ground.sweep.name if ground.file.parent == ground.root / "sweeps" else str(ground.file)
    return schedule(
        ground.sweep.name,
        at=at,
        command=[*program, "sweep", "run", named, "--quiet"],
        calendar=there,
        keep=ground.sweep.settings.keep if "keep" in ground.sweep.settings.model_fields_set else None,
        root=ground.root,
        print_only=print_only,
    )


def _calendar(name: str, settings: Mapping[str, str], cluster: str | None) -> Calendar:
    if name not in SETTINGS:
        if settings and name in CALENDARS:
            raise CalendarError(f"the calendar {name} has nothing to be set; {', '.join(SETTINGS)} have")
        return calendar_of(name)
    stated = _typed(name, settings)
    if name == "kubernetes":
        return Kubernetes(PodSettings(**stated))
    if cluster is not None:
        profile = cluster_profile(cluster, ClusterSettings(), os.environ)
        stated = {"partition": profile.partition, "account": profile.account} | stated
    return Scrontab(ScronOptions(**stated))


def _typed(calendar: str, settings: Mapping[str, str]) -> dict[str, Any]:
    """Settings as their fields want them.

    Raises:
        CalendarError: if there is no such field, or if a number is none.
    """
    kinds = {name: _kind(hint) for name, hint in get_type_hints(SETTINGS[calendar]).items()}
    known = [field.name for field in dataclasses.fields(SETTINGS[calendar]) if kinds[field.name] in (str, int, Path)]
    typed: dict[str, Any] = {}
    for name, text in settings.items():
        if name not in known:
            raise CalendarError(
                f'an entry of {calendar} has no "{name}"; it has {", ".join(known)}.{did_you_mean(name, known)}'
            )
        try:
            typed[name] = kinds[name](text)
        except ValueError:
            raise CalendarError(f'{name} is "{text}", but should be a whole number') from None
    return typed


def _kind(hint: Any) -> Any:
    """The type of a field that may also be None.

    >>> _kind(int | None), _kind(str)
    (<class 'int'>, <class 'str'>)
    """
    if get_origin(hint) in (Union, types.UnionType):
        return next(kind for kind in get_args(hint) if kind is not type(None))
    return hint
