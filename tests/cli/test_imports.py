"""Help and `check` are quick because the heavy libraries stay outside: they come in when a command needs them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tuner.cli.main import COMMANDS

REPOSITORY = Path(__file__).parents[2]
HEAVY = ("keras", "tensorflow", "pandas", "optuna", "sklearn", "pyarrow")
NOT_FOR_HELP = (*HEAVY, "sqlalchemy", "rich", "plotly", "matplotlib", "optuna_dashboard")

RUN = """
import json, sys
from tuner.cli.main import main

*arguments, watched = sys.argv[1:]
try:
    main(arguments, standalone_mode=False)
finally:
    print(json.dumps([name for name in watched.split(",") if name in sys.modules]), file=sys.stderr)
"""


def imported_by(arguments: Sequence[str], watched: Sequence[str]) -> tuple[list[str], str]:
    """The watched libraries that a command has imported by its end, and what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, *arguments, ",".join(watched)], capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stderr.splitlines()[-1]), done.stdout


def test_a_library_that_is_imported_is_seen():
    seen, _ = imported_by(["--help"], ["click", "keras"])
    assert seen == ["click"]


def test_the_help_imports_no_heavy_library():
    seen, printed = imported_by(["--help"], NOT_FOR_HELP)
    assert "Usage: " in printed
    assert seen == []


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_imports_no_heavy_library(command):
    seen, printed = imported_by([command, "--help"], NOT_FOR_HELP)
    assert "Usage: " in printed
    assert seen == []


def test_check_imports_no_heavy_library():
    seen, printed = imported_by(["check", "--study", "digits", "--root", str(REPOSITORY)], HEAVY)
    assert "layers.depth" in printed
    assert seen == []


def test_schema_imports_no_heavy_library():
    seen, printed = imported_by(["schema"], HEAVY)
    assert json.loads(printed)["title"] == "A study of tuner"
    assert seen == []


def test_a_refused_study_file_imports_no_heavy_library(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text("seed = -1\n")
    done = subprocess.run(
        [sys.executable, "-c", RUN, "check", "--study", str(path), ",".join(HEAVY)],
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert "seed is -1" in done.stderr
    assert "[]" in done.stderr.splitlines()
