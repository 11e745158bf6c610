"""Signals: the first one asks for a clean end, the second one acts at once, unless a batch system sends it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from tuner.search.stop import StopReason, StopRequest

REASONS = {
    signal.SIGINT: StopReason.INTERRUPTED,
    signal.SIGTERM: StopReason.HANDED_BACK,
    signal.SIGUSR1: StopReason.TIME_LIMIT_NEAR,
    # LSF's at a queue's own time limit, and Grid Engine's before it kills.
    signal.SIGUSR2: StopReason.HANDED_BACK,
}


A_BATCH_SYSTEMS = (signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2)
"""What nobody types, and what comes again from everybody who wants a job to leave."""


@contextmanager
def stop_on_signals(
    stop: StopRequest, on_signal: Callable[[StopReason], None], *, patient: bool = False
) -> Iterator[None]:
    """Turn SIGINT, SIGTERM, SIGUSR1 and SIGUSR2 into a stop request while a search runs.

    The first signal restores the operating system's own behaviour, so that the second one ends the process even
    where no Python code runs. What was running is then put back by the next search, which finds its owner gone.

    In a job of a batch system none of these but SIGINT ends the process: several people and programs may ask it to
    leave, each of them once, and what follows if it does not is SIGKILL. They are heard, and change nothing, until the
    process has ended; one that was killed while it ends would be taken for lost.

    Args:
        stop: raised by the first signal.
        on_signal: called with the reason, once.
        patient: whether this is a job of a batch system.
    """
    asked: list[StopReason] = []

    def handle(number: int, frame: FrameType | None) -> None:
        del frame
        for each in REASONS:
            if not (patient and each in A_BATCH_SYSTEMS):
                signal.signal(each, signal.SIG_DFL)
        if asked:
            return
        reason = REASONS[signal.Signals(number)]
        asked.append(reason)
        stop.ask(reason)
        on_signal(reason)

    before: dict[signal.Signals, Any] = {each: signal.signal(each, handle) for each in REASONS}
    try:
        yield
    finally:
        for each, handler in before.items():
            if not (patient and each in A_BATCH_SYSTEMS):
                signal.signal(each, handler)
