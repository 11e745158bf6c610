"""Processes that begin at the same moment, and waiting for what they do."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]

GO = """
import sys
print("ready", flush=True)
sys.stdin.readline()
"""


def at_once(script: str, arguments: Sequence[Sequence[str]]) -> list[str]:
    """Run a script in a process for each list of arguments, and let all of them go on from its line `GO` at once.

    Not by multiprocessing, which would leave a process of its own behind.

    Args:
        script: Python; where a line says `GO`, the process waits for the others.
        arguments: what each process finds in `sys.argv[1:]`.
    Returns:
        What each of them printed after that.
    """
    processes = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", script.replace("\nGO\n", GO), *each],
            cwd=PROJECT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for each in arguments
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        said = [process.communicate(timeout=600)[0] for process in processes]
        assert [process.returncode for process in processes] == [0] * len(processes)
        return said
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def eventually(true: Callable[[], bool]) -> bool:
    """Whether something becomes true within a minute."""
    deadline = time.monotonic() + 60
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)
    return true()
