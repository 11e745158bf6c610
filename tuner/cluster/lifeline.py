"""How a worker knows that it is still wanted: its standard input is a pipe that whoever started it holds open.

A signal would not do: it is not sent when that process is killed, and a second one, as where a batch system signals
all processes of a job, would end a worker before it has handed anything back.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, MutableMapping
from contextlib import suppress

LIFELINE = "TUNER_LIFELINE"
"""The variable of a worker's environment that says that its standard input is such a pipe."""

STDIN = 0


def on_release(stop: Callable[[], None], environment: MutableMapping[str, str] = os.environ) -> None:
    """Have something called, in a thread, once the process that started this one lets go of it or is gone.

    Args:
        stop: what is called; never, if nobody holds a line.
        environment: where the variable stands; it is taken out, since it is not meant for processes started from here.
    """
    if environment.pop(LIFELINE, None) is not None:
        threading.Thread(target=_wait, args=(stop,), daemon=True).start()


def _wait(stop: Callable[[], None]) -> None:
    with suppress(OSError):
        while os.read(STDIN, 1024):
            pass
    stop()
