"""A storage that cannot be written to for a while: training goes on, and writing is tried again."""

from __future__ import annotations

from collections.abc import Callable

from tuner.clock import Clock, wall_clock
from tuner.search.patience import FIRST_DELAY, LONGEST_DELAY, is_transient
from tuner.search.storage_trouble import sentence


class Outage:
    """Tries transactions, and says whether the storage is away at the moment.

    Only what may pass by itself is waited for; everything else, and an outage that outlasts the patience, is raised.
    """

    def __init__(self, patience_seconds: float, note: Callable[[str], None], clock: Clock = wall_clock) -> None:
        """No outage yet.

        Args:
            patience_seconds: how long an outage may last.
            note: told when one begins and when it is over.
            clock: what time it is.
        """
        self._patience = patience_seconds
        self._note = note
        self._clock = clock
        self._since: float | None = None
        self._next = 0.0
        self._wait = FIRST_DELAY

    @property
    def goes_on(self) -> bool:
        """Whether the last attempt failed."""
        return self._since is not None

    def attempt(self, transaction: Callable[[], None]) -> bool:
        """Run a transaction, unless an outage goes on and it is too early to try again.

        Returns:
            Whether it ran to its end.
        Raises:
            Exception: what the transaction raised, if it does not pass by itself or has lasted too long.
        """
        now = self._clock()
        if self._since is not None and now < self._next:
            return False
        try:
            transaction()
        except Exception as error:
            if not is_transient(error):
                raise
            if self._since is None:
                self._since, self._wait = now, FIRST_DELAY
                self._note(f"the storage cannot be written to ({sentence(error) or error}); training goes on meanwhile")
            if self._clock() - self._since > self._patience:
                raise
            self._next = self._clock() + self._wait
            self._wait = min(2 * self._wait, LONGEST_DELAY)
            return False
        if self._since is not None:
            self._note(f"the storage is back after {self._clock() - self._since:.0f} s; nothing was lost")
            self._since = None
        return True
