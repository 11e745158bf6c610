"""When a search has to end: counted from its start, or a moment that stays the same however often a worker starts."""

from __future__ import annotations

from datetime import datetime, timedelta


def deadline(seconds: float | None, now: datetime) -> datetime | None:
    """The first full second after so many seconds from now: a command line and a study hold no less; None for none."""
    return None if seconds is None else (now + timedelta(seconds=seconds, microseconds=999_999)).replace(microsecond=0)


def seconds_left(seconds: float | None, until: datetime | None, usual: float | None, now: datetime) -> float | None:
    """How long a search that begins now may take.

    Args:
        seconds: wall time that was stated for this run; None if none was.
        until: when it has to end; None if nobody says.
        usual: wall time of a run for which neither is stated; None for no limit.
        now: what time it is.
    Returns:
        Seconds, not above 0 if the time is over already; None for no limit.
    """
    if until is None:
        return usual if seconds is None else seconds
    left = (until - now).total_seconds()
    return left if seconds is None else min(seconds, left)
