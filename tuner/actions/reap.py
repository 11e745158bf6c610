"""Taking trials from workers that are lost, by hand."""

from __future__ import annotations

from contextlib import closing

from tuner.actions.defaults import Storage, root_of, storage_of
from tuner.errors import StorageError
from tuner.search.block_storage import BlockStorage
from tuner.search.leases import GRACE_SECONDS, GivenBack
from tuner.search.owners import is_lost
from tuner.search.storage import exists, masked, opened_backend
from tuner.search.studies import load_stored


def reap(
    study: str, *, storage: Storage = None, grace_seconds: float = GRACE_SECONDS, everything: bool = False
) -> list[GivenBack]:
    """Put the running trials of lost workers back into the queue, where the next search finds them.

    A worker is lost if its process is gone from this machine, or if it has not been heard of for the grace period.

    Args:
        study: a stored study's name.
        storage: where it is; found as the command line finds it if left out.
        grace_seconds: how long ago a worker may have been heard of.
        everything: take every running trial; for somebody who knows that no worker is alive.
    Raises:
        StorageError: if there is no such storage.
        StudyError: if the storage has no such study.
    """
    url = storage_of(storage, root_of(None))
    if not exists(url):
        raise StorageError(f"there is no storage {masked(url)} yet; `tuner search --study NAME` makes it")
    with opened_backend(url) as backend, closing(BlockStorage(backend)) as blocks:
        stored = load_stored(blocks, study)
        return blocks.give_back(
            stored.study._study_id,
            (lambda trial: True) if everything else is_lost,
            grace_seconds=grace_seconds,
            most=stored.lost_worker_retries,
        )
