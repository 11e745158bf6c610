"""A worker's log is appended to by every search of its study; one that has grown long begins anew."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

MOST_BYTES = 2**24


def put_aside(log: Path, most_bytes: int = MOST_BYTES) -> None:
    """Give a log that has grown long another name, that of the last one that had; to be called before a start.

    Args:
        log: the log, such as `worker-0.log`, which becomes `worker-0.log.1`; there need not be one.
        most_bytes: how long it may be.
    """
    with suppress(OSError):  # better a long log than no worker
        if log.stat().st_size > most_bytes:
            log.replace(log.with_name(f"{log.name}.1"))
