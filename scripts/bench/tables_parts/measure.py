"""Having every piece measured in a process of its own, and keeping what came of it line by line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from scripts.bench.tables_parts.plan import Piece, Plan

PROJECT = Path(__file__).resolve().parents[3]
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}
LAST_LINES = 3

Line = dict[str, Any]


def measure(plan: Plan, out: Path, *, say: Callable[[str], None]) -> dict[Piece, Line]:
    """Measure what is not in the file of results yet, and add it there.

    Returns:
        What came of each piece; of one that failed, its `error`.
    """
    found = read(out)
    pieces = list(plan.pieces())
    for count, piece in enumerate(pieces, start=1):
        # What failed is tried again.
        if "error" not in found.get(piece, {"error": ""}):
            continue
        say(f"{count} of {len(pieces)}: {piece.table}, split {piece.split}")
        found[piece] = line = measured_apart(piece)
        add(line, out)
        say(f"    {line['error'] if 'error' in line else shown(line)}")
    return {piece: found[piece] for piece in pieces}


def read(out: Path) -> dict[Piece, Line]:
    """What is in a file of results, the last word on each piece; nothing if there is no file."""
    if not out.exists():
        return {}
    found: dict[Piece, Line] = {}
    for text in out.read_text(encoding="utf-8").splitlines():
        try:
            line = json.loads(text)
        except json.JSONDecodeError:
            continue  # a line that was being written when the machine stopped
        found[Piece(line["table"], line["split"], line["trials"])] = line
    return found


def add(line: Line, out: Path) -> None:
    """Add a line to a file of results."""
    # What was being written when the machine stopped must not spoil the next line.
    broken = out.exists() and not out.read_bytes().endswith(b"\n")
    with out.open("a", encoding="utf-8") as file:
        file.write("\n" * broken + json.dumps(line) + "\n")


def shown(line: Line) -> str:
    """One line for who waits."""
    values = ", ".join(f"{name} {each[line['measure']]:.4g}" for name, each in line["scores"].items())
    return f"{line['measure']}: {values} ({sum(line['seconds'].values()):.0f} s)"


def measured_apart(piece: Piece) -> Line:
    """What a worker comes to; or, if it fails, the end of what it wrote, as `error`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TUNER_")} | QUIET
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "studies").mkdir()
        done = subprocess.run(
            [sys.executable, "-m", "scripts.bench.tables_parts.worker", json.dumps(asdict(piece)), folder],
            cwd=PROJECT,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
        )
    if done.returncode == 0:
        line: Line = json.loads(done.stdout.splitlines()[-1])
        return line
    last = [text.rstrip() for text in done.stderr.splitlines() if text.strip()][-LAST_LINES:]
    return {**asdict(piece), "error": "\n".join(last) or f"it ended with status {done.returncode}"}
