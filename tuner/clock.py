"""Time as an argument: whoever needs the time is handed it, so that a test can hand in its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], float]
"""Seconds since some fixed moment; only differences mean anything."""

wall_clock: Clock = time.monotonic

Calendar = Callable[[], datetime]
"""The moment, with its time zone: what machines that have nothing else in common agree on, to a second or so."""


def utc_now() -> datetime:
    """The moment by this machine's clock."""
    return datetime.now(UTC)
