from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import optuna
import pytest
from sqlalchemy.engine import URL

from tuner.search.block_storage import BlockStorage
from tuner.search.storage import opened_backend


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Optuna's own lines are not under test, and its loudness is the process's, not the test's."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(before)


@pytest.fixture
def url(tmp_path: Path) -> URL:
    return URL.create("sqlite", database=str(tmp_path / "trials.db"))


@pytest.fixture
def storage(url: URL) -> Iterator[BlockStorage]:
    """An SQLite file, as a search has it."""
    with opened_backend(url) as backend, closing(BlockStorage(backend)) as storage:
        yield storage
