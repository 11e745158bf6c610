"""The calendars that exist: what starts a command at its time."""

from __future__ import annotations

from collections.abc import Mapping

from tuner.cluster.calendars.calendar import Calendar, Installed
from tuner.cluster.calendars.cron import Cron
from tuner.cluster.calendars.cron_time import CronTime, cron_time
from tuner.cluster.calendars.entry import Entry
from tuner.cluster.calendars.environment import explicit_environment
from tuner.cluster.calendars.history import results
from tuner.cluster.calendars.kubernetes import Kubernetes, PodSettings
from tuner.cluster.calendars.last_result import LastResult, last_result
from tuner.cluster.calendars.scrontab import ScronOptions, Scrontab
from tuner.cluster.calendars.systemd import Systemd

CALENDARS: Mapping[str, type[Calendar]] = {
    "cron": Cron,
    "scrontab": Scrontab,
    "systemd": Systemd,
    "kubernetes": Kubernetes,
}
"""Every calendar by the name that a person has for it."""

__all__ = [
    "CALENDARS",
    "Calendar",
    "Cron",
    "CronTime",
    "Entry",
    "Installed",
    "Kubernetes",
    "LastResult",
    "PodSettings",
    "ScronOptions",
    "Scrontab",
    "Systemd",
    "cron_time",
    "explicit_environment",
    "last_result",
    "results",
]
