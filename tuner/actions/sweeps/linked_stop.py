"""A stop request of one study, which is also raised by that of the whole sweep."""

from __future__ import annotations

from tuner.search.stop import StopReason, StopRequest


class LinkedStop(StopRequest):
    """Raised by its own study, or by whoever stops the sweep; a study that reaches its target stops no other one."""

    def __init__(self, sweep: StopRequest) -> None:
        """A request that is not raised unless the sweep's is.

        Args:
            sweep: the request of the whole sweep.
        """
        self._sweep = sweep
        self._own: StopReason | None = None

    @property
    def reason(self) -> StopReason | None:
        """Why to stop; the study's own reason goes first."""
        return self._own or self._sweep.reason

    @reason.setter
    def reason(self, reason: StopReason | None) -> None:
        self._own = reason
