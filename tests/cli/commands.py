"""The command line in a process of its own, and a small study for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from click.testing import CliRunner

import tuner
from tuner.cli.main import main

PROJECT = Path(tuner.__file__).parents[1]

SMALL = """
name = "small"
seed = 20

[data]
builtin = "wine"

[hyperparameters]
batch_size = 32
epochs = 3

[hyperparameters.layers]
depth = 1
width = 8

[hyperparameters.optimizer]
kind = {{ choices = ["sgd", "adam"] }}
learning_rate = {{ low = 1e-3, high = 1e-1, log = true }}

[budget]
trials = {trials}
"""


def environment(**changes: str) -> dict[str, str]:
    """For a process of its own: nothing of the user's, and the project can be imported from anywhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TUNER_")}
    return {**kept, "PYTHONPATH": str(PROJECT), **changes}


def command(*arguments: str, fake: bool = False) -> list[str]:
    """The command line in a process of its own; with a trainer that trains nothing if it is to be fake."""
    return [sys.executable, "-m", "tests.cli.fake_tuner" if fake else "tuner", *arguments]


def shown(root: Path, study: str = "small") -> dict[str, Any]:
    """What `tuner show --json` says."""
    result = CliRunner().invoke(main, ["show", "--study", study, "--root", str(root), "--json"])
    assert result.exit_code == 0, result.output
    tree: dict[str, Any] = json.loads(result.stdout)
    return tree


def run(*arguments: str, fake: bool = False, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own, to its end."""
    return subprocess.run(
        command(*arguments, fake=fake), env=environment(**changes), capture_output=True, text=True, timeout=600
    )
