"""What of a machine decides how many lanes are worth while: its cores, its caches and its memory."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
"""Where Linux describes the caches of a core."""

MEMORY_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""Where Linux tells a container its limit, which is not in what psutil sees."""

USUAL_CACHE = 8 * 2**20
"""The last cache of a usual machine, where the real one is not known."""


@dataclass(frozen=True)
class Machine:
    """What one process can have of a machine.

    Attributes:
        cores: that it may run on.
        cache_bytes: the largest cache of a core, shared or not.
        memory_bytes: that are free.
    """

    cores: int
    cache_bytes: int = USUAL_CACHE
    memory_bytes: int = 4 * 2**30


def this_machine() -> Machine:
    """The machine on which this process runs."""
    return Machine(usable_cores(), _cache_bytes(), _memory_bytes())


def usable_cores() -> int:
    """How many cores this process may run on, which a batch system may have held to a few."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cache_bytes() -> int:
    sizes = [0]
    for file in CACHES.glob("index*/size"):
        with suppress(OSError, ValueError):
            text = file.read_text().strip()
            sizes.append(int(text.rstrip("KM")) * {"K": 2**10, "M": 2**20}.get(text[-1], 1))
    return max(sizes) or USUAL_CACHE


def _memory_bytes() -> int:
    sizes = [int(psutil.virtual_memory().available)]
    for file in MEMORY_LIMITS:
        with suppress(OSError, ValueError):  # "max" stands for no limit
            sizes.append(int(file.read_text()))
    return min(sizes)
