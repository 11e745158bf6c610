"""What holds for all tests: nothing of the user's is touched, and a test may name the parts that it needs."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.parts import require_part, required_parts

pytest_plugins = ["tests.servers", "tests.slurm"]

# The same examples in every run, whatever the machine is doing meanwhile.
settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--thorough", action="store_true", help="run the slow further tests, too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--thorough"):
        return
    config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("thorough")])
    items[:] = [item for item in items if not item.get_closest_marker("thorough")]


def pytest_collection_finish(session: pytest.Session) -> None:
    # All that is loaded by now stays: there is no need to look through it again and again for what may go.
    gc.collect()
    gc.freeze()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "thorough: slow, and mostly a variant of a test without this mark; --thorough")
    config.addinivalue_line("markers", "needs(*parts): skip where a part of tests/parts.py is absent")
    required_parts()


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("needs"):
        for part in mark.args:
            require_part(part)


@pytest.fixture(autouse=True)
def nothing_of_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty folder to work in and no settings from outside, so that no test finds a real study or database."""
    for name in list(os.environ):
        if name.startswith("TUNER_") and name != "TUNER_REQUIRE":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
