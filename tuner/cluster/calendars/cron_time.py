"""When an entry is due: a cron expression, checked, and written so that every calendar reads the same in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tuner.errors import CalendarError, did_you_mean

SHORTHANDS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")

_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_PART = re.compile(r"(\*|[^-/*]+)(?:-([^-/*]+))?(?:/([^-/*]+))?")


@dataclass(frozen=True)
class _Kind:
    """What a field may say: numbers and, for some, names."""

    name: str
    lowest: int
    highest: int
    names: tuple[str, ...] = ()

    @property
    def last(self) -> int:
        """The highest number that may be written; a week may begin and end with Sunday."""
        return 7 if self.names is WEEKDAYS else self.highest


_KINDS = (
    _Kind("minute", 0, 59),
    _Kind("hour", 0, 23),
    _Kind("day of month", 1, 31),
    _Kind("month", 1, 12, MONTHS),
    _Kind("day of week", 0, 6, WEEKDAYS),
)


@dataclass(frozen=True)
class Field:
    """One field of a cron expression.

    Attributes:
        values: the numbers at which it is due, in order.
        starred: whether it says `*`, so that it restricts nothing; `1-31` names every day and yet restricts.
        lowest: the lowest number that it can have.
        highest: the highest one.
    """

    values: tuple[int, ...]
    starred: bool
    lowest: int
    highest: int

    @property
    def full(self) -> bool:
        """Whether it is due at every number."""
        return len(self.values) == self.highest - self.lowest + 1

    def __str__(self) -> str:
        """The field without names and steps, which not every calendar reads alike."""
        if self.full:
            return "*" if self.starred else f"{self.lowest}-{self.highest}"
        return ",".join(map(str, self.values))


@dataclass(frozen=True)
class CronTime:
    """When an entry is due, in the time zone of the calendar that holds it.

    Attributes:
        stated: the expression as somebody wrote it.
        minute: 0 to 59.
        hour: 0 to 23.
        day: of the month, 1 to 31.
        month: 1 to 12.
        weekday: 0 to 6, from Sunday on. Where both a day and a weekday are restricted, either of them is enough.
    """

    stated: str
    minute: Field
    hour: Field
    day: Field
    month: Field
    weekday: Field

    def __str__(self) -> str:
        """Five fields of numbers, lists and stars.

        >>> str(cron_time("*/20 2 * * mon-fri"))
        '0,20,40 2 * * 1,2,3,4,5'
        """
        return f"{self.minute} {self.hour} {self.day} {self.month} {self.weekday}"


def cron_time(stated: str) -> CronTime:
    """What a cron expression means.

    A field is `*`, a number, a range `1-5`, either of the two with a step (`*/15`, `8-18/2`), or several of these with
    commas between them. Months and weekdays have names of three letters; Sunday is 0 or 7.

    Args:
        stated: five fields (minute, hour, day of month, month, day of week) or a shorthand such as `@daily`.
    Raises:
        CalendarError: if a field is none, with its name, or if the time never comes.
    """
    text = " ".join(stated.split())
    if text.startswith("@"):
        text = _written_out(text)
    fields = text.split()
    if len(fields) != len(_KINDS):
        raise CalendarError(
            f'"{stated}" has {len(fields)} fields, but a time has five: minute, hour, day of month, month, '
            'day of week; "0 2 * * *" is every night at two'
        )
    read = [_field(kind, field, stated) for kind, field in zip(_KINDS, fields, strict=True)]
    time = CronTime(stated, *read)
    _check_days(time, fields)
    return time


def _written_out(text: str) -> str:
    if text.lower() == "@reboot":
        raise CalendarError('"@reboot" is no time of the day; name one, such as "@daily" or "0 2 * * *"')
    if text.lower() not in SHORTHANDS:
        raise CalendarError(
            f'"{text}" is no time; the shorthands are {", ".join(SHORTHANDS)}.{did_you_mean(text, list(SHORTHANDS))}'
        )
    return SHORTHANDS[text.lower()]


def _field(kind: _Kind, text: str, stated: str) -> Field:
    values: set[int] = set()
    for part in text.split(","):
        try:
            values.update(_part(kind, part))
        except ValueError as problem:
            raise CalendarError(f'"{stated}": the {kind.name} is "{text}", {problem}') from None
    starred = not {"*", "*/1"}.isdisjoint(text.split(","))
    return Field(tuple(sorted(values)), starred, kind.lowest, kind.highest)


def _part(kind: _Kind, part: str) -> Sequence[int]:
    """The numbers of one part of a field; a mistake is a ValueError that ends the sentence."""
    read = _PART.fullmatch(part)
    if read is None or (read[1] == "*" and read[2]):
        raise ValueError(f'where "{part}" is neither a number, a range such as 1-5, nor a step such as */2')
    first, last, step = read.groups()
    low = kind.lowest if first == "*" else _number(kind, first)
    high = kind.highest if first == "*" else _number(kind, last) if last else low
    if kind.names is WEEKDAYS and low > 0 and last and high == 0:
        high = 7
    if low > high:
        raise ValueError(f'where "{part}" runs backwards; write {low}-{kind.highest},{kind.lowest}-{high}')
    if step is None:
        stride = 1
    elif first != "*" and not last:
        raise ValueError(f'where "{part}" has a step without a range; write {low}-{kind.highest}/{step}')
    else:
        stride = _step(step, high - low)
    return [number % 7 if kind.names is WEEKDAYS else number for number in range(low, high + 1, stride)]


def _step(text: str, span: int) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", text) or int(text) == 0:
        raise ValueError(f'where the step "{text}" should be a whole number from 1 on')
    if int(text) > span:
        raise ValueError(f"where a step of {text} never comes to a second number; name the only one without a step")
    return int(text)


def _number(kind: _Kind, text: str) -> int:
    if text.lower() in kind.names:
        return kind.names.index(text.lower()) + (1 if kind.names is MONTHS else 0)
    if not re.fullmatch(r"[0-9]{1,4}", text):
        known = f" or a name ({kind.names[0]} to {kind.names[-1]})" if kind.names else ""
        raise ValueError(
            f'where "{text}" should be a number from {kind.lowest} to {kind.last}{known}.'
            + did_you_mean(text, kind.names)
        )
    if not kind.lowest <= int(text) <= kind.last:
        raise ValueError(f"where {text} should be from {kind.lowest} to {kind.last}")
    return int(text)


def _check_days(time: CronTime, fields: Sequence[str]) -> None:
    """That some day is meant, and the same one by every calendar."""
    both = not time.day.starred and not time.weekday.starred
    for field, kind in zip(fields, _KINDS, strict=True):
        if both and kind.name.startswith("day") and field.startswith("*"):
            raise CalendarError(
                f'"{time.stated}": the {kind.name} is "{field}" beside another restricted day, which calendars read '
                f"in different ways; write {kind.lowest}-{kind.highest}{field[1:]}, and either of the two is enough"
            )
    longest = max(_LONGEST[month - 1] for month in time.month.values)
    if time.weekday.starred and time.day.values[0] > longest:
        raise CalendarError(
            f'"{time.stated}" never comes: the months that it names have no day {time.day.values[0]}; name another day'
        )
