from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest
from click.testing import CliRunner, Result

from tests.cli.commands import SMALL
from tests.cli.fake_tuner import fake_trainer
from tuner.cli.main import main


@pytest.fixture(autouse=True)
def quiet():
    before = optuna.logging.get_verbosity()
    yield
    optuna.logging.set_verbosity(before)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with one small study of three trials."""
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "small.toml").write_text(SMALL.format(trials=3))
    return tmp_path


Call = Callable[..., Result]


@pytest.fixture
def call(root: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """The command line, in this process and with a fake trainer."""
    monkeypatch.setattr("tuner.actions.search.HostedTrainer", fake_trainer)

    def call(*arguments: str, **settings: Any) -> Result:
        return CliRunner().invoke(main, arguments, **settings)

    return call


@pytest.fixture
def refused(call: Call) -> Callable[..., str]:
    """The one message of a command that is refused."""

    def refused(*arguments: str, **settings: Any) -> str:
        result = call(*arguments, **settings)
        assert result.exit_code == 2, result.output
        assert result.stdout == ""
        assert "Traceback" not in result.stderr
        return result.stderr

    return refused
