"""Waiting out a database that is in trouble: a server that restarts, a file that another process keeps locked."""

from __future__ import annotations

import random
import re
import sqlite3
import time
from collections.abc import Callable
from typing import TypeVar

import sqlalchemy.exc
from optuna.exceptions import StorageInternalError

from tuner.clock import Clock, wall_clock
from tuner.search.storage_trouble import sentence

T = TypeVar("T")

PATIENCE_SECONDS = 120.0
"""Enough for a server to restart after an update of its own."""

FIRST_DELAY = 0.1
LONGEST_DELAY = 5.0
STEP = 0.25
"""Seconds; how soon a wait notices that it is to be given up."""


class Patience:
    """Makes a transaction, again and again while its database is in trouble that may pass."""

    def __init__(
        self,
        seconds: float = PATIENCE_SECONDS,
        *,
        on_trouble: Callable[[str, float], None] = lambda sentence, waited: None,
        on_recovery: Callable[[float], None] = lambda waited: None,
        give_up: Callable[[], bool] = lambda: False,
        clock: Clock = wall_clock,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """Patience with one database.

        Args:
            seconds: how long a transaction may take with all of its waits; 0 to make it once.
            on_trouble: told once for each transaction that has to wait: what the trouble is, and for how many seconds
                it has held the transaction up so far.
            on_recovery: told after that, when the transaction has been made: after how many seconds.
            give_up: asked while waiting; once it says so, such as after Ctrl-C, nothing is waited for.
            clock: what time it is.
            sleep: waits for some seconds.
            jitter: a number from 0 to 1, so that workers which met one outage do not all come back at one moment.
        """
        self._seconds = seconds
        self._on_trouble = on_trouble
        self._on_recovery = on_recovery
        self._give_up = give_up
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter

    def __call__(self, transaction: Callable[[], T]) -> T:
        """Make a transaction.

        Args:
            transaction: opens, commits and closes one whole transaction. If the answer to a commit is lost with the
                connection, it is made once more; so it has to come to the same when it is made twice.
        Returns:
            What the transaction returns.
        Raises:
            BaseException: what the transaction has raised, if it will not pass or the patience is at its end.
        """
        began = self._clock()
        delay = FIRST_DELAY
        told = False
        while True:
            try:
                result = transaction()
            except Exception as error:
                waited = self._clock() - began
                if not is_transient(error) or self._give_up() or waited >= self._seconds:
                    raise
                if not told:
                    told = True
                    self._on_trouble(sentence(error) or str(error), waited)
                self._wait(min(delay * (0.5 + self._jitter() / 2), self._seconds - waited))
                delay = min(2 * delay, LONGEST_DELAY)
            else:
                if told:
                    self._on_recovery(self._clock() - began)
                return result

    def _wait(self, seconds: float) -> None:
        end = self._clock() + seconds
        while (left := end - self._clock()) > 0 and not self._give_up():
            self._sleep(min(left, STEP))


def is_transient(error: BaseException) -> bool:
    """Whether an error of a database may pass if one waits.

    A server that is away, is starting, or has no connection or disk left; another transaction that got in the way; a
    file that is locked; a disk that is full. Not what is wrong with the transaction itself, and not a password that is
    refused, a database that is not there or one that may only be read.
    """
    if not isinstance(error, StorageInternalError | sqlalchemy.exc.SQLAlchemyError | sqlite3.Error):
        return False
    raised = _raised(error)
    if isinstance(raised, sqlite3.Error):
        return getattr(raised, "sqlite_errorcode", 0) & 0xFF in _SQLITE_CODES
    state = getattr(raised, "sqlstate", None)
    if state is not None:
        return bool(_STATES.match(state))
    wrapper = error.__cause__ if isinstance(error, StorageInternalError) else error
    if isinstance(wrapper, sqlalchemy.exc.OperationalError | sqlalchemy.exc.InterfaceError):
        # So do servers that cannot be reached, and those that can but do not let one in.
        return not _LASTING.search(str(raised))
    if isinstance(wrapper, sqlalchemy.exc.DBAPIError):
        return wrapper.connection_invalidated
    # After a connection was lost in the middle of a session; and no connection was free.
    return isinstance(wrapper, sqlalchemy.exc.PendingRollbackError | sqlalchemy.exc.TimeoutError)


def _raised(error: BaseException) -> BaseException:
    """What the database's driver raised."""
    if isinstance(error, StorageInternalError) and error.__cause__ is not None:
        error = error.__cause__
    return getattr(error, "orig", None) or error


_SQLITE_CODES = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
    }
)
"""Locked by another process or connection, also while WAL mode begins; a full disk; one that cannot be written to."""

_STATES = re.compile(r"08|40001|40P01|53|55P03|57P0[1235]|58")
"""PostgreSQL's states, by class or in full: no connection; serialization failure; deadlock; no disk or memory
left; a lock that cannot be had; shut down, crashed, starting, idle for too long; trouble with its files."""

_LASTING = re.compile(
    r"authentication failed|no password supplied|does not exist|pg_hba\.conf|not permitted to log in|SSL|certificate"
    r"|permission denied"
)
"""What a server says to somebody whom it will not let in a minute later, either. No state comes with it."""
