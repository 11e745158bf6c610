"""Moments as programs write them and people can read them: "2026-11-21T06:00:00Z"."""

from __future__ import annotations

from datetime import UTC, datetime

from tuner.errors import HyperparameterError
from tuner.space.complaints import shown


def moment_of(text: str, setting: str = "until") -> datetime:
    """A moment out of its text.

    Args:
        text: a date and a time with its zone, as ISO 8601 has them.
        setting: what the moment is for, for the error.
    Raises:
        HyperparameterError: if it is none, or if its zone is left out, which differs from machine to machine.

    >>> moment_of("2026-11-21T07:00:00+01:00").isoformat()
    '2026-11-21T06:00:00+00:00'
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise HyperparameterError(
            f'is {shown(text)}, but should be a moment with its time zone, such as "2026-11-21T06:00:00Z"', setting
        )
    return moment.astimezone(UTC)


def moment_text(moment: datetime) -> str:
    """The text of a moment, to the second.

    >>> moment_text(datetime(2026, 11, 21, 6, tzinfo=UTC))
    '2026-11-21T06:00:00Z'
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
