"""Letting one process at a time make tables and studies, so that those who come at the same moment find them made."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy.engine import URL

from tuner.errors import StorageError


class Admission:
    """A lock beside an SQLite file.

    The operating system frees it when its process ends, however that happens.
    """

    def __init__(self, url: URL) -> None:
        on_disk = url.get_backend_name() == "sqlite" and url.database is not None
        self._path = Path(f"{url.database}-lock") if on_disk else None

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Wait for the lock and hold it.

        Raises:
            StorageError: if there can be no lock, as on a full disk.
        """
        if self._path is None:
            yield
            return
        with ExitStack() as held:
            try:
                file = held.enter_context(self._path.open("a"))
                fcntl.flock(file, fcntl.LOCK_EX)
            except OSError as error:
                raise StorageError(f"storage: {self._path} cannot be locked: {error.strerror}") from None
            yield
