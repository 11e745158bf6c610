"""Waiting for a database server that cannot be reached when a search starts."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.engine import URL

from tuner.search.patience import Patience
from tuner.search.postgresql import engine_of
from tuner.search.storage_trouble import storage_trouble
from tuner.search.storage_urls import masked
from tuner.study.durations import duration_of


def wait_until_reachable(
    url: URL, seconds: float, *, note: Callable[[str], None], give_up: Callable[[], bool] = lambda: False
) -> None:
    """Wait until a storage's server lets somebody in; return at once where the storage is a file.

    Args:
        url: the storage's.
        seconds: how long to wait for a server that does not answer, is starting or has no connection left. A password
            that is refused, or a database that is not there, is not waited for.
        note: told once that, and why, there is something to wait for, and once that it is over.
        give_up: asked while waiting; once it says so, nothing is waited for.
    Raises:
        StorageError: if nobody is let in.
    """
    if url.get_backend_name() == "sqlite":
        return

    def on_trouble(found: str, waited: float) -> None:
        note(f"storage {masked(url)}: {found}; waiting for up to {duration_of(seconds)}")

    patience = Patience(
        seconds,
        on_trouble=on_trouble,
        on_recovery=lambda waited: note(f"the storage is there, after {duration_of(waited)}"),
        give_up=give_up,
    )
    with storage_trouble(url):
        # The engine keeps no connection.
        patience(lambda: engine_of(url).connect().close())
