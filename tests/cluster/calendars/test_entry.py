from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.calendar import entry
from tuner.cluster.calendars.entry import own_program
from tuner.errors import CalendarError

PATH = {"PATH": "/bin"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": "two words"}, '"two words" is no name for an entry'),
        ({"name": "-r"}, '"-r" is no name'),
        ({"name": "../x"}, "is no name"),
        ({"root": "project"}, "the root project should be absolute"),
        ({"log": Path("a.log")}, "the log a.log should be absolute"),
        ({"keep": 0}, "keep = 0 would leave no run to tell of"),
        ({"command": []}, "the entry nightly has no command"),
        ({"environment": {}}, "PATH is not stated"),
        ({"environment": {**PATH, "A-B": ""}}, '"A-B" is no name of a variable'),
        ({"environment": {**PATH, "TUNER_ROOT": "/srv/other"}}, "TUNER_ROOT is /srv/other, but the entry's root"),
        ({"command": ["tuner", "a\nb"]}, "a line break"),
        ({"root": "/srv/a\nb"}, "a line break"),
        ({"environment": {**PATH, "LANG": "C\n* * * * * evil"}}, "a line break"),
    ],
)
def test_an_entry_that_cannot_be_is_refused(changes: dict[str, Any], expected: str) -> None:
    with pytest.raises(CalendarError, match=expected):
        entry(**changes)


@pytest.mark.parametrize("name", ["TUNER_STORAGE", "PGPASSWORD", "MY_TOKEN", "SECRET_KEY", "AWS_SECRET_ACCESS_KEY"])
def test_a_variable_that_may_hold_a_password_is_refused_with_the_way_out_and_without_its_value(name: str) -> None:
    with pytest.raises(CalendarError, match=r"mode 600 and name that in TUNER_STORAGE_FILE.*PGPASSFILE") as refusal:
        entry(environment={**PATH, name: "hunter2"})

    assert name in str(refusal.value)
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize("name", ["TUNER_STORAGE_FILE", "PGPASSFILE", "PGSSLKEY", "MONKEY"])
def test_a_variable_that_names_a_file_is_no_secret(name: str) -> None:
    assert entry(environment={**PATH, name: "/home/me/file"}).variables[name] == "/home/me/file"


@pytest.mark.parametrize(
    "word",
    [
        "postgresql+psycopg://me:hunter2@host/db",
        "--storage=postgresql://me:hunter2@host/db",
        "postgresql://host/db?user=me&password=hunter2",
        "postgresql://me:hunter2@[host/db",
    ],
)
def test_a_url_with_a_password_is_refused_wherever_it_stands_and_not_shown(word: str) -> None:
    for changes in ({"command": ["tuner", word]}, {"environment": {**PATH, "PROXY": word}}):
        with pytest.raises(CalendarError, match="TUNER_STORAGE_FILE") as refusal:
            entry(**changes)
        assert "hunter2" not in str(refusal.value)


def test_a_url_without_a_password_may_stand_in_a_command() -> None:
    url = "postgresql://me@host/db?sslmode=verify-full"

    assert url in entry(command=["tuner", "--storage", url]).wrapped


def test_of_how_many_runs_it_keeps_something_stands_in_its_command() -> None:
    assert entry(keep=7).wrapped[1:5] == ["run-scheduled", "--keep", "7", "nightly"]
    assert "--keep" not in entry().wrapped


def test_its_own_program_can_be_started_from_anywhere(tmp_path: Path) -> None:
    (tmp_path / "tuner").mkdir()
    done = subprocess.run([*own_program(), "--version"], capture_output=True, text=True, cwd=tmp_path, timeout=60)

    assert done.stdout.startswith("tuner ")
