"""Time as an argument: whoever needs the time is handed a `Clock`, so that a test can hand in its own."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], float]
"""Seconds since some fixed moment; only differences mean anything."""

wall_clock: Clock = time.monotonic
