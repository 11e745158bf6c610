"""Making a storage's tables once, for a database whose workers may only use them."""

from __future__ import annotations

from dataclasses import dataclass

from tuner.actions.defaults import Storage, root_of, storage_of
from tuner.search.looking import schema_at
from tuner.search.storage import masked, opened_backend


@dataclass(frozen=True)
class Initialized:
    """A storage that has its tables.

    Attributes:
        storage: its URL, without a password.
        version: the version of its tables.
        made: whether some or all of them were made now.
    """

    storage: str
    version: str
    made: bool


def init(*, storage: Storage = None) -> Initialized:
    """Make a storage's tables; if they are there already, nothing is done.

    Args:
        storage: where; found as the command line finds it if left out.
    Raises:
        StorageError: if it cannot be opened, its tables are another Optuna's, or this user may make none.
    """
    url = storage_of(storage, root_of(None))
    before = schema_at(url)
    with opened_backend(url) as backend:
        return Initialized(masked(url), backend.get_current_version(), not before.fits)
