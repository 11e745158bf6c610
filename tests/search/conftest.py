from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import optuna
import pytest
from optuna.storages import BaseStorage
from sqlalchemy.engine import URL

from tuner.search.storage import opened


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Optuna's own lines are not under test, and its loudness is the process's, not the test's."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(before)


@pytest.fixture
def memory() -> BaseStorage:
    """A storage for what does not depend on SQLite; ten times as fast."""
    return optuna.storages.InMemoryStorage()


@pytest.fixture
def url(tmp_path: Path) -> URL:
    return URL.create("sqlite", database=str(tmp_path / "trials.db"))


@pytest.fixture
def storage(url: URL) -> Iterator[BaseStorage]:
    """An SQLite file."""
    with opened(url) as storage:
        yield storage
