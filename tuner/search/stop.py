"""Asking a search to stop: a flag that signals, time limits and tests can raise."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class StopReason(Enum):
    """Why a search stops before its budget of trials is spent."""

    INTERRUPTED = "interrupted"
    HANDED_BACK = "handed back"
    TIME_LIMIT_NEAR = "time limit near"
    OUT_OF_TIME = "out of time"
    TARGET_REACHED = "target reached"
    NO_PROGRESS = "no progress"
    EXHAUSTED = "exhausted"


@dataclass
class StopRequest:
    """Raised once; the search ends at the next epoch boundary and puts its running trials back."""

    reason: StopReason | None = None

    def ask(self, reason: StopReason) -> None:
        """Ask for a stop; the first reason stands."""
        if self.reason is None:
            self.reason = reason

    def __bool__(self) -> bool:
        return self.reason is not None
