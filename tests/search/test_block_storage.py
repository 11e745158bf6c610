from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from optuna.storages import BaseStorage, RDBStorage
from optuna.testing.pytest_storages import StorageTestCase
from optuna.trial import FrozenTrial
from sqlalchemy.engine import URL

from tuner.search.block_storage import BlockStorage
from tuner.search.storage import opened_backend


@pytest.fixture
def backend(url: URL) -> Iterator[RDBStorage]:
    with opened_backend(url) as backend:
        yield backend


@pytest.fixture
def postgresql_backend(postgresql: URL) -> Iterator[RDBStorage]:
    with opened_backend(postgresql) as backend:
        yield backend
    gc.collect()


LEFT_OPEN = (
    "ignore:.*was deleted while still open:ResourceWarning",
    "ignore:.*BaseConnection.__del__:pytest.PytestUnraisableExceptionWarning",
)
"""Optuna's tests let threads end with an Optuna session that nobody closes."""


class TestOnSqlite(StorageTestCase):
    @pytest.fixture
    def storage(self, backend: RDBStorage) -> Iterator[BaseStorage]:
        storage = BlockStorage(backend)
        yield storage
        storage.close()


class TestHeldOnSqlite(StorageTestCase):
    """Everything waits in memory; at the end Optuna's own storage has to read the very same trials."""

    @pytest.fixture
    def storage(self, backend: RDBStorage) -> Iterator[BaseStorage]:
        yield from held(backend)


@pytest.mark.needs("postgresql")
@pytest.mark.filterwarnings(*LEFT_OPEN)
class TestOnPostgresql(StorageTestCase):
    @pytest.fixture
    def storage(self, postgresql_backend: RDBStorage) -> BaseStorage:
        return BlockStorage(postgresql_backend)


@pytest.mark.needs("postgresql")
@pytest.mark.filterwarnings(*LEFT_OPEN)
class TestHeldOnPostgresql(StorageTestCase):
    @pytest.fixture
    def storage(self, postgresql_backend: RDBStorage) -> Iterator[BaseStorage]:
        yield from held(postgresql_backend)


def held(backend: RDBStorage) -> Iterator[BlockStorage]:
    storage = BlockStorage(backend)
    with storage.hold():
        yield storage
        studies = storage.get_all_studies()
        in_memory = {study._study_id: storage.get_all_trials(study._study_id) for study in studies}
        assert storage.flush() == frozenset()
    for study_id, trials in in_memory.items():
        assert [plain(trial) for trial in backend.get_all_trials(study_id)] == [plain(trial) for trial in trials]
    storage.close()


def plain(trial: FrozenTrial) -> str:
    """Everything about a trial, NaN included; the order of what is kept by name means nothing."""
    fields = dict(vars(trial))
    for name, value in fields.items():
        if isinstance(value, dict):
            fields[name] = sorted(value.items(), key=str)
    return repr(sorted(fields.items()))
