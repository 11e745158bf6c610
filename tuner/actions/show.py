"""What a stored study, or one of its trials, has come to."""

from __future__ import annotations

from contextlib import closing

from tuner.actions.defaults import Storage, existing, root_of, storage_of
from tuner.errors import StorageError, StudyError
from tuner.report.summary import StudySummary, TrialSummary, summarize, summarize_trial
from tuner.search.block_storage import BlockStorage
from tuner.search.storage import exists, masked, opened, opened_backend
from tuner.search.studies import delete_stored, load_stored, stored_names


def show(study: str, *, storage: Storage = None) -> StudySummary:
    """What a stored study has come to.

    Raises:
        StorageError: if there is no such storage.
        StudyError: if the storage has no such study.
    """
    with existing(storage) as backend:
        return summarize(load_stored(backend, study))


def show_trial(study: str, number: int, *, storage: Storage = None) -> TrialSummary:
    """What one trial of a stored study has come to.

    Raises:
        StudyError: if the study has no trial of that number.
    """
    with existing(storage) as backend:
        stored = load_stored(backend, study)
        trials = stored.study.get_trials(deepcopy=False)
        if not 0 <= number < len(trials):
            known = f"they go from 0 to {len(trials) - 1}" if trials else "it has none yet"
            raise StudyError(f'the study "{study}" has no trial {number}; {known}')
        return summarize_trial(trials[number], stored.objectives)


def stored_studies(storage: Storage = None) -> list[StudySummary]:
    """What every study of a storage has come to; none if there is no storage yet."""
    url = storage_of(storage, root_of(None))
    if not exists(url):
        return []
    with opened(url) as backend:
        return [summarize(load_stored(backend, name)) for name in stored_names(backend)]


def delete(study: str, *, storage: Storage = None) -> None:
    """Delete a stored study and all of its trials.

    Raises:
        StorageError: if there is no such storage, or it cannot be written to.
        StudyError: if the storage has no such study.
    """
    url = storage_of(storage, root_of(None))
    if not exists(url):
        raise StorageError(f"there is no storage {masked(url)} yet; `tuner search --study NAME` makes it")
    with opened_backend(url) as backend, closing(BlockStorage(backend)) as blocks:
        delete_stored(blocks, study)
