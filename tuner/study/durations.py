"""Durations as people write them: "90s", "30m", "1h30m"."""

from __future__ import annotations

import re
from typing import Any

from tuner.errors import HyperparameterError
from tuner.space.complaints import shown

_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_FORM = re.compile(r"(?=\d)(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?", re.ASCII)


def seconds_of(duration: Any, setting: str = "time") -> float:
    """A duration in seconds.

    Args:
        duration: days, hours, minutes and seconds in this order, each optional.
        setting: what the duration is for, for the error.
    Raises:
        HyperparameterError: if it is no text, no duration, or none at all.

    >>> seconds_of("1h30m"), seconds_of("45s")
    (5400.0, 45.0)
    """
    match = _FORM.fullmatch(duration.strip()) if isinstance(duration, str) else None
    parts = match.groups() if match else ()
    seconds = sum(int(part) * _SECONDS[unit] for part, unit in zip(parts, "dhms", strict=False) if part)
    if not seconds:
        raise HyperparameterError(
            f'is {shown(duration)}, but should be a duration such as "45s", "30m" or "1h30m"', setting
        )
    return float(seconds)


def duration_of(seconds: float) -> str:
    """Seconds as people read them, to two units.

    >>> duration_of(5400), duration_of(61.2), duration_of(0.4)
    ('1h30m', '1m01s', '0s')
    """
    whole = round(seconds)
    days, hours, minutes, rest = whole // 86400, whole // 3600 % 24, whole // 60 % 60, whole % 60
    if days:
        return f"{days}d{hours:02}h"
    if hours:
        return f"{hours}h{minutes:02}m"
    return f"{minutes}m{rest:02}s" if minutes else f"{rest}s"
