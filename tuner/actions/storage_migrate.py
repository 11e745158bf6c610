"""Bringing the tables of an older Optuna up to date."""

from __future__ import annotations

from tuner.actions.defaults import Storage, root_of, storage_of
from tuner.errors import StorageError
from tuner.search import migration
from tuner.search.migration import Migration
from tuner.search.storage import exists, masked


def migrate(*, storage: Storage = None, despite_running: bool = False) -> Migration:
    """Bring a storage that an older Optuna has made up to date, by Optuna's own migrations.

    An SQLite file is copied before, and stays as it was if anything goes wrong; on a server it is one transaction.
    What tuner itself keeps stands in Optuna's tables, and needs no migration.

    Args:
        storage: where it is; found as the command line finds it if left out.
        despite_running: whether to go on although trials are said to be running, as after a crash of all searches.
    Raises:
        StorageError: if there is no such storage, trials are running, this user may not change the tables, or they are
            a newer Optuna's.
    """
    url = storage_of(storage, root_of(None))
    if not exists(url):
        raise StorageError(f"there is no storage {masked(url)} to migrate")
    return migration.migrate(url, despite_running=despite_running)
