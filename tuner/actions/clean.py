"""Removing what searches have left in a project's `.tuner` folder."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tuner.actions.defaults import Storage, root_of, storage_of
from tuner.search.generations import study_of_generation
from tuner.search.leases import checkpoints_in_use
from tuner.search.storage import exists, opened
from tuner.search.studies import stored_names
from tuner.study.load import stated_storage

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

    A trial whose checkpoint is removed starts over. Of a study that is not in the storage nothing is known, and only
    what is old goes. Prepared data that no search has used for as long go, too.

    Args:
        root: the project root; found as the command line finds it if left out.
        storage: where the trials are; each study's own place if left out.
        older_seconds: the age beyond which checkpoints and logs go in any case.
        remove: whether to remove the files; otherwise they are only listed.
    """
    folder = root_of(root)
    found = list(_old(folder / ".tuner", older_seconds))
    for checkpoints in sorted((folder / ".tuner" / "checkpoints").glob("*/")):
        needed = _needed(checkpoints.name, storage, folder)
        if needed is not None:
            found += [each for each in _unneeded(checkpoints, needed) if each.path not in {old.path for old in found}]
    found.sort(key=lambda leftover: leftover.path)
    if remove:
        for leftover in found:
            leftover.path.unlink(missing_ok=True)
    return found


def _needed(study: str, storage: Storage, root: Path) -> set[str] | None:
    """The checkpoints that a study's waiting trials go on from; None if the study is not where it should be."""
    url = storage_of(storage, root, stated_storage(study_of_generation(study) or study, root))
    if not exists(url):
        return None
    with opened(url) as backend:
        return checkpoints_in_use(backend) if study in stored_names(backend) else None


def _old(folder: Path, older_seconds: float) -> Iterator[Leftover]:
    for path, told in _files(folder / "checkpoints", folder / "logs"):
        if time.time() - told.st_mtime > older_seconds:
            yield Leftover(path, "is old", told.st_size)
    for data in sorted((folder / "data").glob("*/")):
        if time.time() - data.stat().st_mtime > older_seconds:
            yield from (Leftover(path, "has not been used for long", told.st_size) for path, told in _files(data))


def _unneeded(checkpoints: Path, needed: set[str]) -> Iterator[Leftover]:
    for path, told in _files(checkpoints):
        if path.name not in needed and time.time() - told.st_mtime > FRESH_SECONDS:
            yield Leftover(path, "belongs to no trial that waits", told.st_size)


def _files(*folders: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for folder in folders:
        yield from ((path, path.stat()) for path in sorted(folder.rglob("*")) if path.is_file())
