"""Backing a storage up into a file while searches go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tuner.actions.defaults import Storage, root_of, storage_of
from tuner.errors import StorageError
from tuner.search.backup import back_up, new_database
from tuner.search.copying import copy_studies, study_names
from tuner.search.looking import looking_at
from tuner.search.sqlite_files import file_of
from tuner.search.storage import exists, masked, opened_backend, opened_to_look, sqlite_url


@dataclass(frozen=True)
class Backup:
    """A storage's backup.

    Attributes:
        file: an SQLite database, which is a storage itself.
        studies: how many it has.
        size: of the file, in bytes.
    """

    file: Path
    studies: int
    size: int


def backup(
    file: Path, *, storage: Storage = None, on_study: Callable[[str, int], None] = lambda study, trials: None
) -> Backup:
    """Write everything that a storage has at one moment into a new file; searches may go on meanwhile.

    An SQLite database is copied by SQLite's own means. Of a server the studies are copied, as `copy` does it: that
    needs neither a program of the server's version nor more than the right to read, and what comes out can be searched
    on at once. A trial that is being trained waits in such a copy.

    Args:
        file: the new file.
        storage: where the trials are; found as the command line finds it if left out.
        on_study: told of each study of a server and how many trials it has, before it is copied.
    Raises:
        StorageError: if there is such a file already, or one of the two cannot be used.
    """
    url = storage_of(storage, root_of(None))
    if not exists(url):
        raise StorageError(f"there is no storage {masked(url)} to back up")
    file = file.expanduser().absolute()
    if url.get_backend_name() == "sqlite":
        with looking_at(url) as engine:  # of any version of Optuna
            back_up(file_of(url), file)
            studies = study_names(engine)
    else:
        with opened_to_look(url) as reading:
            studies = study_names(reading.engine)
            with new_database(file) as part, opened_backend(sqlite_url(part)) as writing:
                copy_studies(reading.engine, writing.engine, {each: each for each in studies}, on_study)
    return Backup(file, len(studies), file.stat().st_size)
