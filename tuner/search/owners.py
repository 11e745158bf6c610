"""Who trains a running trial, and whether that process is still there."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
from optuna.trial import FrozenTrial

OWNER = "tuner:owner"
"""The trial's system attribute that names its process."""

NAMELESS = timedelta(minutes=2)
"""After this time a running trial without an owner has none: a search names its trials before they run."""


def this_process() -> dict[str, Any]:
    """This process as the owner of a trial: host, process id, and when it started, since ids are used again."""
    return {"host": socket.gethostname(), "pid": os.getpid(), "started": started(os.getpid())}


def started(pid: int) -> str:
    """When a process started, as a text that is the same for as long as it lives.

    On Linux that is counted from the start of the machine, since a step of the clock, as after a sleep or by NTP,
    moves the time of day at which a process seems to have started.

    Raises:
        psutil.NoSuchProcess, psutil.AccessDenied: if nothing can be told.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        # proc(5): the second field is a name in parentheses, which may hold anything; the 22nd is the start in ticks.
        ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return f"{psutil.Process(pid).create_time():.0f}"
    return f"{boot}+{ticks}"


_SEARCHES: set[str] = set()
"""The searches that go on in this process."""


@contextmanager
def present() -> Iterator[dict[str, Any]]:
    """An owner for one search of this process; what it still owns when the block ends is lost."""
    search = secrets.token_hex(8)
    _SEARCHES.add(search)
    try:
        yield {**this_process(), "search": search}
    finally:
        _SEARCHES.discard(search)


def is_lost(trial: FrozenTrial) -> bool:
    """Whether nobody trains a running trial any more: its process is gone, or it ended before it left its name."""
    owner = trial.system_attrs.get(OWNER)
    if owner is not None:
        return is_gone(owner)
    started = trial.datetime_start
    return started is not None and datetime.now() - started > NAMELESS


def is_gone(owner: Mapping[str, Any]) -> bool:
    """Whether an owner has certainly ended; of another machine's processes nothing can be told from here."""
    if owner.get("host") != socket.gethostname():
        return False
    if owner["pid"] == os.getpid() and owner.get("search") in _SEARCHES:
        return False
    try:
        process = psutil.Process(owner["pid"])
        if started(process.pid) != owner["started"] or process.status() == psutil.STATUS_ZOMBIE:
            return True
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False
    # This very process, as in a notebook: a search of it that ended without putting its trials back.
    return bool(owner["pid"] == os.getpid() and "search" in owner)
