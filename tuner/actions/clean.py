"""Removing what searches have left in a project's `.tuner` folder."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tuner.actions.defaults import Storage, root_of, storage_of
from tuner.search.leases import checkpoints_in_use
from tuner.search.storage import exists, opened

FRESH_SECONDS = 3600.0
"""A file that is younger may be about to be named in the storage."""

OLD_SECONDS = 30 * 86400.0


@dataclass(frozen=True)
class Leftover:
    """A file that nothing needs.

    Attributes:
        path: where it lies.
        why: the reason, as the rest of a sentence.
        size: in bytes.
    """

    path: Path
    why: str
    size: int


def clean(
    *, root: Path | None = None, storage: Storage = None, older_seconds: float = OLD_SECONDS, remove: bool = True
) -> list[Leftover]:
    """Remove checkpoints that no waiting trial goes on from, and whatever is older than some age.

    A trial whose checkpoint is removed starts over.

    Args:
        root: the project root; found as the command line finds it if left out.
        storage: where the trials are.
        older_seconds: the age beyond which checkpoints and logs go in any case.
        remove: whether to remove the files; otherwise they are only listed.
    """
    folder = root_of(root)
    url = storage_of(storage, folder)
    needed: set[str] = set()
    if exists(url):
        with opened(url) as backend:
            needed = checkpoints_in_use(backend)
    found = list(_leftovers(folder / ".tuner", needed, older_seconds))
    if remove:
        for leftover in found:
            leftover.path.unlink(missing_ok=True)
    return found


def _leftovers(folder: Path, needed: set[str], older_seconds: float) -> Iterator[Leftover]:
    now = time.time()
    for kind in ("checkpoints", "logs"):
        for path in sorted((folder / kind).rglob("*")):
            if not path.is_file():
                continue
            told = path.stat()
            age = now - told.st_mtime
            if age > older_seconds:
                yield Leftover(path, "is old", told.st_size)
            elif kind == "checkpoints" and path.name not in needed and age > FRESH_SECONDS:
                yield Leftover(path, "belongs to no trial that waits", told.st_size)
