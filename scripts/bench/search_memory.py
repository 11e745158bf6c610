#!/usr/bin/env python
"""Memory of a whole `tuner search`: the search and its training process together, from the first trial to the last.

    scripts/bench/search_memory.py [--trials 200] [--study digits] [--json]

It searches in a folder of its own and looks at the resident memory once a second. The figure to hold is the growth: the
highest sum after the first trial has ended, over the sum at that moment.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

PROJECT = Path(__file__).resolve().parents[2]


def resident(process: psutil.Process) -> int:
    """Resident bytes of a process and everything that it started."""
    total = 0
    for each in (process, *process.children(recursive=True)):
        try:
            total += each.memory_info().rss
        except psutil.Error:
            continue
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--study", default="digits")
    parser.add_argument("--json", action="store_true")
    stated = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(PROJECT / "studies", Path(folder) / "studies")
        log = Path(folder) / "search.log"
        command = [sys.executable, "-m", "tuner", "search", "--study", stated.study, "--trials", str(stated.trials)]
        command += ["--time", "2h", "--quiet", "--log-file", str(log)]
        began = time.monotonic()
        search = subprocess.Popen(command, cwd=folder, env={**os.environ, "PYTHONPATH": str(PROJECT)})
        watched = psutil.Process(search.pid)
        first: int | None = None
        highest = last = 0
        processes: set[int] = set()
        while search.poll() is None:
            time.sleep(1)
            try:
                now = resident(watched)
                processes.update(child.pid for child in watched.children())
            except psutil.NoSuchProcess:
                break
            if first is None and log.exists() and " epochs in " in log.read_text():
                first = now
            if first is not None and now:
                highest, last = max(highest, now), now
        seconds = time.monotonic() - began
    assert first is not None
    figures = {
        "trials": stated.trials,
        "after_first_mib": first / 2**20,
        "highest_mib": highest / 2**20,
        "last_mib": last / 2**20,
        "growth_mib": (highest - first) / 2**20,
        "training_processes": len(processes),
        "seconds": seconds,
        "exit_code": search.returncode,
    }
    if stated.json:
        print(json.dumps(figures, indent=2))
        return
    for name, figure in figures.items():
        print(f"{name:<20} {figure:>10.0f}")


if __name__ == "__main__":
    main()
