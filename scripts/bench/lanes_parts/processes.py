"""Processes that start their clocks together."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[3]
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}
LAST_LINES = 5


class WorkerError(Exception):
    """A process ended without an answer; the text is the end of what it wrote."""


def run_together(asked: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Start one worker for each, wait until all are ready, let them run, and gather what they tell.

    Raises:
        WorkerError: if one of them fails.
    """
    workers = [_Worker(each) for each in asked]
    try:
        for worker in workers:
            worker.answer()
        for worker in workers:
            worker.go()
        return [worker.answer() for worker in workers]
    finally:
        for worker in workers:
            worker.end()


class _Worker:
    def __init__(self, asked: Mapping[str, Any]) -> None:
        self._errors = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115, `end` closes it
        threads = {"OMP_NUM_THREADS": str(asked["threads"])} if asked["threads"] else {}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "scripts.bench.lanes_parts.worker", json.dumps(asked)],
            cwd=PROJECT,
            env={**os.environ, **QUIET, **threads},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    def go(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """The next line of JSON."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            status = self._process.wait()
            self._errors.seek(0)
            last = [text.rstrip() for text in self._errors if text.strip()][-LAST_LINES:]
            raise WorkerError("\n".join(last) or f"a worker ended with status {status}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()
        self._errors.close()
