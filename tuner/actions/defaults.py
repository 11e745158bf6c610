"""What an action takes when it is told nothing else: the same as the command line does."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tuner.errors import StorageError
from tuner.search.storage import OpenStorage, StorageUrl, exists, masked, opened, parse_storage, storage_url
from tuner.study.definition import StudyDefinition
from tuner.study.load import load_study
from tuner.study.places import project_root

Storage = StorageUrl | str | None
"""Where trials are kept: a URL, its text, or None for `TUNER_STORAGE`, else `tuner.db` in the project root."""


def root_of(root: Path | None) -> Path:
    """The project root: the stated one, else `TUNER_ROOT`, else the nearest folder upward that has `studies/`."""
    return project_root(None if root is None else str(root), os.environ, Path.cwd())


def checkpoints_of(root: Path, study: str) -> Path:
    """The folder where a study's trainers leave the progress of what they hand back."""
    return root / ".tuner" / "checkpoints" / study


def logs_of(root: Path, study: str) -> Path:
    """The folder where the workers of a study write what they do."""
    return root / ".tuner" / "logs" / study


def study_of(study: StudyDefinition | str, root: Path) -> StudyDefinition:
    """A study by its name or by its file's path, or as it is.

    Raises:
        StudyError: if there is no such file.
        StudyFileError: with every mistake in it.
    """
    return load_study(study, root) if isinstance(study, str) else study


def storage_of(storage: Storage, root: Path, configured: str | None = None) -> StorageUrl:
    """A storage's URL.

    Args:
        storage: as a caller states it; unlike a command line, a call may hold a password.
        root: where `tuner.db` lies.
        configured: a study's own `[run] storage`.
    Raises:
        StorageError: if a text is no URL.
    """
    if storage is None:
        return storage_url(None, os.environ, configured, root)
    return parse_storage(storage, Path.cwd()) if isinstance(storage, str) else storage


@contextmanager
def existing(storage: Storage) -> Iterator[OpenStorage]:
    """A storage that is there already, open; looking at trials makes no database.

    Raises:
        StorageError: if there is none, or it cannot be opened.
    """
    url = storage_of(storage, root_of(None))
    if not exists(url):
        raise StorageError(f"there is no storage {masked(url)} yet; `tuner search --study NAME` makes it")
    with opened(url) as backend:
        yield backend
