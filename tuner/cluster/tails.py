"""The end of a log, for whoever is told that a worker has failed."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

TAIL_BYTES = 4096
TAIL_LINES = 5


def tail(log: Path) -> str:
    """The last lines of a file; nothing if there is none."""
    with suppress(OSError), log.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
        lines = file.read().decode(errors="replace").strip().splitlines()
        return "\n".join(lines[-TAIL_LINES:])
    return ""
