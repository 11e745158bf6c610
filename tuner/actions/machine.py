"""What of a machine decides how many lanes are worth while: its cores, its caches and its memory."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil

from tuner.lanes.shapes import USUAL_CACHE

CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
"""Where Linux describes the caches of a core."""

MEMORY_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""Where Linux tells a container its limit, which is not in what psutil sees."""


@dataclass(frozen=True)
class Machine:
    """What one process can have of a machine.

    Attributes:
        cores: that it may run on.
        cache_bytes: a core's share of the largest cache.
        memory_bytes: that are free.
        gpu_bytes: memory of the first GPU; 0 if there is none that TensorFlow could use.
    """

    cores: int
    cache_bytes: int = USUAL_CACHE
    memory_bytes: int = 4 * 2**30
    gpu_bytes: int = 0


def this_machine() -> Machine:
    """The machine on which this process runs."""
    return Machine(usable_cores(), _cache_bytes(), _memory_bytes(), _gpu_bytes())


CORES = "TUNER_CORES"
"""The environment variable that says how many cores to use, such as where several workers share a machine."""


def usable_cores() -> int:
    """How many cores to use: what `TUNER_CORES` says, else those that the system lets this process run on."""
    stated = os.environ.get(CORES, "")
    if stated.isascii() and stated.isdigit() and int(stated):
        return int(stated)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cache_bytes() -> int:
    sizes = [0]
    for cache in CACHES.glob("index*"):
        with suppress(OSError, ValueError):
            text = (cache / "size").read_text().strip()
            size = int(text.rstrip("KM")) * {"K": 2**10, "M": 2**20}.get(text[-1], 1)
            sizes.append(size // _numbers_in((cache / "shared_cpu_list").read_text()))
    return max(sizes) or USUAL_CACHE


def _numbers_in(ranges: str) -> int:
    """How many numbers Linux lists.

    >>> _numbers_in("0-3,8"), _numbers_in("5")
    (5, 1)
    """
    ends = [[int(end) for end in part.split("-")] for part in ranges.split(",")]
    return sum(each[-1] - each[0] + 1 for each in ends)


def _memory_bytes() -> int:
    sizes = [int(psutil.virtual_memory().available)]
    for file in MEMORY_LIMITS:
        with suppress(OSError, ValueError):  # "max" stands for no limit
            sizes.append(int(file.read_text()))
    return min(sizes)


def _gpu_bytes() -> int:
    """Asked of the driver, because importing TensorFlow only to ask would take seconds and hundreds of megabytes."""
    if os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1") or find_spec("nvidia") is None:
        return 0
    asked = ["nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
    with suppress(OSError, ValueError, IndexError, subprocess.SubprocessError):
        told = subprocess.run(asked, capture_output=True, text=True, timeout=10, check=True).stdout
        return int(told.splitlines()[0]) * 2**20
    return 0
