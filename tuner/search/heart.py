"""A worker's heartbeat: a thread that tells the database, again and again, that the worker is alive."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from types import TracebackType

from tuner.clock import Clock, wall_clock

log = logging.getLogger("tuner.search")


class Heart:
    """Calls `beat` every so many seconds while its block runs, whatever the worker itself is waiting for.

    A beat that fails is tried again at the next one: a worker outlives a database that is away for a while.
    """

    def __init__(self, beat: Callable[[], None], seconds: float, clock: Clock = wall_clock) -> None:
        self._beat = beat
        self._seconds = seconds
        self._clock = clock
        self._steady_since = clock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="heart", daemon=True)

    def __enter__(self) -> Heart:
        self._steady_since = self._clock()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    @property
    def steady_seconds(self) -> float:
        """For how long no beat has failed. In an outage nobody else could beat either."""
        return self._clock() - self._steady_since

    def _go_on(self) -> None:
        while not self._over.wait(self._seconds):
            try:
                self._beat()
            except Exception as error:
                self._steady_since = self._clock()
                log.debug("a heartbeat failed: %s", error)
