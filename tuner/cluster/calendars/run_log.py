"""The log of an entry's runs: what its lines look like, and how it is kept from growing for ever."""

from __future__ import annotations

import os
import re
import shutil
import stat
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

_BEGINS = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d (\S+): begins ")

PART_BYTES = 2**16
"""A command's line may be as long as its whole output, such as that of a progress bar."""


def say(output: BinaryIO, time: datetime, words: str) -> None:
    """Write a line of our own between those of the commands; of a run's beginning it goes `NAME: begins COMMAND`."""
    output.write(f"{shown(time)} {words}\n".encode(errors="surrogateescape"))


def shown(time: datetime) -> str:
    """A time as these lines have it."""
    return time.isoformat(" ", "seconds")


def trim(log: Path, name: str, runs: int) -> None:
    """Take all but the last runs out of a log; who reads it meanwhile sees all of it or what is left.

    A log that other entries write to as well is left as it is: what they say while it is written anew would be lost.

    Args:
        log: the log; there need not be one yet.
        name: the entry, whose lock is held, so that it writes nothing meanwhile.
        runs: how many stay; with 0 none does.
    Raises:
        OSError: if it cannot be written.
    """
    log = Path(os.path.realpath(log))
    try:
        kind = log.stat()
    except FileNotFoundError:
        return
    if not stat.S_ISREG(kind.st_mode):
        return  # such as /dev/stdout
    begins = _beginnings(log, name)
    if begins is None or len(begins) <= runs:
        return
    beside = log.with_name(f".{log.name}.new")
    try:
        with log.open("rb") as old, beside.open("wb") as new:
            os.fchmod(new.fileno(), stat.S_IMODE(kind.st_mode))
            if runs:
                old.seek(begins[-runs])
                shutil.copyfileobj(old, new)
        beside.replace(log)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


def _beginnings(log: Path, name: str) -> list[int] | None:
    """Where the runs of an entry begin in a log, in bytes; None if the runs of others stand there, too."""
    begins = []
    at = 0
    with log.open("rb") as file:
        whole = True
        while part := file.readline(PART_BYTES):
            found = _BEGINS.match(part) if whole else None
            if found is not None:
                if found[1] != os.fsencode(name):
                    return None
                begins.append(at)
            at += len(part)
            whole = part.endswith(b"\n")
    return begins
