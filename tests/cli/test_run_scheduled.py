from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from tests.cli.test_imports import NOT_FOR_HELP, imported_by
from tuner.cli.main import main


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["run-scheduled", *arguments])


def test_it_is_hidden_from_people_and_there_for_calendars(tmp_path: Path) -> None:
    assert "run-scheduled" not in CliRunner().invoke(main, ["--help"]).output
    assert "the COMMAND of a calendar's entry NAME" in run("--help").output


def test_it_leaves_with_the_commands_own_exit_code_and_says_so_unless_that_is_nobodys_trouble(tmp_path: Path) -> None:
    for code, said in ((0, False), (3, False), (75, False), (1, True), (2, True)):
        done = run("--root", str(tmp_path), "nightly", "--", "/bin/sh", "-c", f"exit {code}")
        assert done.exit_code == code
        assert done.output == (f"tuner: nightly of {tmp_path} ended with exit code {code}; its log says more\n" * said)


def test_options_behind_the_dashes_are_the_commands(tmp_path: Path) -> None:
    log = tmp_path / "a log"
    done = run(
        "--root", str(tmp_path), "--log", str(log), "--keep", "2", "nightly", "--", "echo", "--root", "--help", "-x"
    )

    assert done.exit_code == 0, done.output
    assert log.read_text().splitlines()[1] == "--root --help -x"


def test_a_root_that_is_gone_is_told_and_nothing_is_made(tmp_path: Path) -> None:
    done = run("--root", str(tmp_path / "gone"), "nightly", "--", "true")

    assert (done.exit_code, done.output) == (2, f"--root is {tmp_path / 'gone'}, which is no folder\n")
    assert not (tmp_path / "gone").exists()


def test_a_log_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    done = run("--root", str(tmp_path), "--log", str(tmp_path), "nightly", "--", "true")

    assert (done.exit_code, done.output) == (2, f"{tmp_path}: Is a directory\n")


def test_it_imports_no_heavy_library(tmp_path: Path) -> None:
    seen, _ = imported_by(["run-scheduled", "--root", str(tmp_path), "nightly", "--", "true"], NOT_FOR_HELP)

    assert seen == []
    assert json.loads((tmp_path / ".tuner" / "schedule" / "nightly.json").read_text())["exit_code"] == 0
