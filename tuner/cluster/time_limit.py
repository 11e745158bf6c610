"""A worker's own clock, for batch systems that end a job at its time limit and do not tell it beforehand."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping

LEAVE_AFTER = "TUNER_LEAVE_AFTER"
"""The variable of a worker's environment that says after how many seconds it is to make room."""


def on_time_near(stop: Callable[[], None], environment: Mapping[str, str] = os.environ) -> None:
    """Have something called, in a thread, before the time limit of this worker.

    Args:
        stop: what is called; never, if nobody has said when.
        environment: where that is said.
    """
    seconds = environment.get(LEAVE_AFTER, "")
    if seconds.isascii() and seconds.isdigit():
        timer = threading.Timer(int(seconds), stop)
        timer.daemon = True
        timer.start()
