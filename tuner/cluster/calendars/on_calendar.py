"""A cron expression in systemd's words."""

from __future__ import annotations

from tuner.cluster.calendars.cron_time import WEEKDAYS, CronTime, Field


def on_calendar(time: CronTime) -> list[str]:
    """The values of `OnCalendar=` that come to the same times, in the machine's time zone.

    They are two where both a day of the month and a day of the week are restricted: cron is content with either, while
    systemd wants both of one value.

    >>> from tuner.cluster.calendars.cron_time import cron_time
    >>> on_calendar(cron_time("*/15 2 * * mon-fri"))
    ['Mon,Tue,Wed,Thu,Fri *-*-* 02:00/15:00']
    >>> on_calendar(cron_time("0 2 1 * sun"))
    ['*-*-01 02:00:00', 'Sun *-*-* 02:00:00']
    """
    at = f"{_numbers(time.hour)}:{_numbers(time.minute)}:00"
    month = _numbers(time.month)
    by_day = f"*-{month}-{_numbers(time.day)} {at}"
    weekdays = ",".join(WEEKDAYS[number].capitalize() for number in sorted(time.weekday.values, key=_from_monday))
    by_weekday = f"*-{month}-* {at}" if time.weekday.full else f"{weekdays} *-{month}-* {at}"
    if time.weekday.starred:
        return [by_day]
    return [by_weekday] if time.day.starred else [by_day, by_weekday]


def _from_monday(weekday: int) -> int:
    return (weekday - 1) % 7


def _numbers(field: Field) -> str:
    if field.full:
        return "*"
    values = field.values
    if len(values) > 2 and values == tuple(range(values[0], field.highest + 1, values[1] - values[0])):
        return f"{values[0]:02}/{values[1] - values[0]}"
    return ",".join(f"{value:02}" for value in values)
