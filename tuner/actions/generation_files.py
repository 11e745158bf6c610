"""What lies in a project's `.tuner` folder on account of one stored study."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from tuner.actions.defaults import checkpoints_of, logs_of
from tuner.actions.in_use import lock_of
from tuner.cluster.calendars.places import SchedulePlaces

ABOUT = "about.json"
"""What a folder of prepared data says of itself."""

UNUSED_SECONDS = 86400.0
"""Prepared data that have been used since may be those of a search with another storage."""


def files_of(root: Path, name: str) -> list[Path]:
    """The files and folders of a stored study: its checkpoints, its logs and its locks, as far as they are there."""
    logs = logs_of(root, name)
    # Calendars keep their logs in a folder that a study of that name would have, too.
    own_logs = sorted(logs.glob("worker-*")) if logs == SchedulePlaces(root, name).log.parent else [logs]
    locks = [root / ".tuner" / "cluster" / f"{name}.lock", lock_of(root, name)]
    return [path for path in (checkpoints_of(root, name), *own_logs, *locks) if path.exists()]


def prepared_data(root: Path) -> Mapping[str, list[Path]]:
    """Folders of prepared data that have not been used lately, by their data's fingerprint."""
    found: dict[str, list[Path]] = {}
    for about in sorted((root / ".tuner" / "data").glob(f"*/{ABOUT}")):
        with suppress(OSError, ValueError, KeyError, TypeError):
            if time.time() - about.parent.stat().st_mtime > UNUSED_SECONDS:
                found.setdefault(json.loads(about.read_text())["fingerprint"], []).append(about.parent)
    return found


def size_of(paths: Iterable[Path]) -> int:
    """Bytes in files and folders; what goes meanwhile is not counted."""
    total = 0
    for path in paths:
        for each in [path, *path.rglob("*")]:
            with suppress(OSError):
                total += each.stat().st_size if each.is_file() else 0
    return total


def remove(path: Path) -> None:
    """Remove a file or a folder with all that is in it; somebody else may do the same.

    Raises:
        OSError: if it cannot be removed.
    """
    while path.exists() or path.is_symlink():
        with suppress(FileNotFoundError):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
