from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.calendars.programs import CRONTAB, SCRONTAB, SYSTEMCTL, put_on_path
from tuner.actions.calendar import last_result, results, schedule, scheduled, unschedule
from tuner.cluster.calendars import Kubernetes, PodSettings, ScronOptions, Scrontab
from tuner.cluster.calendars.scheduled_run import run_scheduled
from tuner.errors import CalendarError, StorageError


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project, on a machine with cron's, Slurm's and systemd's calendars."""
    root = tmp_path / "project"
    (root / "studies").mkdir(parents=True)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("TUNER_ROOT", str(root))
    units = tmp_path / "config" / "systemd" / "user"
    programs = tmp_path / "bin"
    put_on_path(monkeypatch, programs, "crontab", CRONTAB, store=tmp_path / "crontab")
    put_on_path(monkeypatch, programs, "scrontab", SCRONTAB, store=tmp_path / "scrontab")
    put_on_path(monkeypatch, programs, "systemctl", SYSTEMCTL, store=tmp_path / "asked", folder=units)
    put_on_path(monkeypatch, programs, "loginctl", "#!/bin/sh\necho yes\n")
    return root


def nightly(**changes: Any) -> Any:
    return schedule("nightly", **({"at": "0 2 * * *", "command": ["tuner", "studies"]} | changes))


@pytest.mark.parametrize("calendar", ["cron", "scrontab", "systemd"])
def test_an_entry_comes_and_goes_in_every_calendar(calendar: str, root: Path) -> None:
    done = nightly(calendar=calendar)
    (entry,) = scheduled()

    assert (done.installed, done.remarks) == (True, ())
    assert (entry.calendar, entry.name, entry.root) == (calendar, "nightly", root)
    assert entry.text in done.text
    assert unschedule("nightly") == [calendar]
    assert scheduled() == []
    assert unschedule("nightly") == []


def test_what_is_only_printed_is_what_would_be_installed_and_changes_nothing(root: Path) -> None:
    printed = nightly(print_only=True)

    assert not printed.installed
    assert scheduled() == []
    assert nightly().text == printed.text


def test_a_run_finds_what_is_found_here(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "url").write_text("postgresql://me:hunter2@host/db\n")
    (tmp_path / "url").chmod(0o600)
    monkeypatch.setenv("TUNER_STORAGE_FILE", "url")
    monkeypatch.setenv("TUNER_CORES", "3")
    text = nightly().text

    for expected in (f"TUNER_ROOT={root}", f"TUNER_STORAGE_FILE={tmp_path / 'url'}", "TUNER_CORES=3"):
        assert f" {expected} " in text
    assert f"PATH={Path(sys.executable).parent}{os.pathsep}" in text
    assert "hunter2" not in text


def test_a_storage_file_that_a_run_could_not_use_is_told_now(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "url").write_text("postgresql://me:hunter2@host/db\n")
    (tmp_path / "url").chmod(0o644)
    monkeypatch.setenv("TUNER_STORAGE_FILE", str(tmp_path / "url"))
    with pytest.raises(StorageError, match="can be read by others than its owner; chmod 600"):
        nightly()


def test_a_password_in_the_environment_is_refused_except_for_a_pod_which_has_its_secret(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUNER_STORAGE", "postgresql://me:hunter2@host/db")
    with pytest.raises(CalendarError, match=r"TUNER_STORAGE is set here.*TUNER_STORAGE_FILE"):
        nightly()
    printed = nightly(calendar=Kubernetes(PodSettings(image="registry/tuner:1")), print_only=True)

    assert "kind: CronJob" in printed.text
    assert "hunter2" not in printed.text


def test_a_command_that_a_run_would_not_find_is_told_now(root: Path) -> None:
    with pytest.raises(CalendarError, match="starts no-such-program, which is not on its PATH /bin; name the program"):
        nightly(command=["no-such-program"], environment={"PATH": "/bin"})


def test_an_entry_stands_in_one_calendar_only(root: Path) -> None:
    nightly(calendar=Scrontab(ScronOptions(partition="short")))
    with pytest.raises(CalendarError, match=r"the calendar scrontab has the entry nightly of .*project already"):
        nightly(calendar="cron")
    with pytest.raises(CalendarError, match="only printed"):
        nightly(calendar="kubernetes")
    nightly(calendar="scrontab", at="@weekly")

    assert [each.calendar for each in scheduled()] == ["scrontab"]


def test_only_this_projects_entries_are_told_and_taken_out(root: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    nightly()
    nightly(root=other)

    assert [each.root for each in scheduled()] == [root]
    assert unschedule("nightly", calendar="cron") == ["cron"]
    assert [each.root for each in scheduled(root=other)] == [other]


def test_a_calendar_that_is_not_here_is_left_out_unless_it_is_asked_for(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nightly()
    (tmp_path / "bin" / "scrontab").unlink()

    assert [each.calendar for each in scheduled()] == ["cron"]
    with pytest.raises(CalendarError, match="there is no scrontab on this machine"):
        scheduled(calendar="scrontab")


def test_a_calendar_that_nobody_knows_is_refused_with_the_nearest(root: Path) -> None:
    with pytest.raises(
        CalendarError, match=r'no calendar "crontab"; there are cron, scrontab.*Did you mean "scrontab"'
    ):
        nightly(calendar="crontab")


def test_the_last_result_is_that_of_the_last_run(root: Path) -> None:
    assert last_result("nightly") is None
    run_scheduled("nightly", ["/bin/sh", "-c", "exit 3"], root=root)
    result = last_result("nightly")

    assert result is not None
    assert (result.state, result.exit_code) == ("ended", 3)
    run_scheduled("nightly", ["true"], root=root)
    assert [each.exit_code for each in results("nightly")] == [3, 0]


def test_of_how_many_runs_an_entry_tells_can_be_stated(root: Path) -> None:
    assert " --keep 7 nightly -- tuner studies" in nightly(keep=7).text
