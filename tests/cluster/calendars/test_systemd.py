from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cluster.calendars.programs import SYSTEMCTL, put_on_path
from tests.contracts.calendar import CalendarContract, entry
from tuner.cluster.calendars import Systemd
from tuner.cluster.calendars.systemd import unit_files, unit_of
from tuner.errors import CalendarError

ANALYZE = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where units lie, with a systemctl that notes what it is asked for and answers as the real one does."""
    folder = tmp_path / "units"
    asked = tmp_path / "asked"
    put_on_path(monkeypatch, tmp_path / "bin", "systemctl", SYSTEMCTL, store=asked, folder=folder)
    put_on_path(monkeypatch, tmp_path / "bin", "loginctl", "#!/bin/sh\necho no\n")
    return folder


class TestSystemd(CalendarContract):
    @pytest.fixture
    def calendar(self, folder: Path) -> Systemd:
        return Systemd(folder)


def test_a_service_and_its_timer_are_written() -> None:
    service, timer = unit_files(entry(command=["tuner", "50% $HOME"])).values()

    assert service.splitlines()[1:-1] == [
        "[Unit]",
        "Description=tuner: nightly in /srv/project",
        "",
        "[Service]",
        "Type=oneshot",
        "WorkingDirectory=/srv/project",
        "Environment=PATH=/usr/bin:/bin",
        "Environment=TUNER_ROOT=/srv/project",
        'Environment="TUNER_STORAGE_FILE=/srv/storage url"',
        'ExecStart=/opt/venv/bin/tuner run-scheduled nightly -- tuner "50%% $$HOME"',
        "SuccessExitStatus=0 3 75",
        "KillMode=mixed",
        "TimeoutStopSec=5min",
    ]
    assert "OnCalendar=*-*-* 02:00:00" in timer.splitlines()


@ANALYZE
def test_systemd_finds_no_mistake_in_them(tmp_path: Path) -> None:
    root = tmp_path / "it's 100% $HOME"
    root.mkdir()
    odd = entry(
        root=str(root), at="0 2 13 * fri", program=["/bin/true"], command=['say "50%"', "a\\b", "$(id)", "c:\\d e"]
    )
    for name, text in unit_files(odd).items():
        (tmp_path / name).write_text(text)
    timer = tmp_path / f"{unit_of('nightly', root)}.timer"
    done = subprocess.run(
        ["systemd-analyze", "--user", "verify", str(timer), str(timer.with_suffix(".service"))],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)},
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_installing_starts_the_timer_and_says_when_it_runs(folder: Path, tmp_path: Path) -> None:
    remarks = Systemd(folder).install(entry())

    timer = f"{unit_of('nightly', Path('/srv/project'))}.timer"
    assert (tmp_path / "asked").read_text().splitlines() == [
        "--user show-environment",
        "--user daemon-reload",
        f"--user enable {timer}",
        f"--user restart {timer}",
    ]
    assert "only while you are logged in, unless you say once: loginctl enable-linger" in remarks[0]


def test_removing_leaves_no_file_behind(folder: Path) -> None:
    Systemd(folder).install(entry())
    (folder / "mine.timer").write_text("[Timer]\n")
    Systemd(folder).remove("nightly", Path("/srv/project"))

    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["mine.timer"]


def test_a_unit_that_somebody_else_has_written_is_left_alone(folder: Path) -> None:
    folder.mkdir()
    theirs = folder / f"{unit_of('nightly', Path('/srv/project'))}.service"
    theirs.write_text("[Service]\n")
    with pytest.raises(CalendarError, match=r"\.service is not as tuner leaves a unit of the entry nightly"):
        Systemd(folder).install(entry())

    assert theirs.read_text() == "[Service]\n"
    assert list(folder.iterdir()) == [theirs]


def test_a_systemd_that_cannot_be_reached_is_told_before_anything_is_written(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    says = "Failed to connect to bus: No medium found"
    put_on_path(monkeypatch, tmp_path / "bin", "systemctl", f'#!/bin/sh\necho "{says}" >&2\nexit 1\n')
    with pytest.raises(CalendarError, match=r"your systemd cannot be reached .*No medium found.*the calendar cron"):
        Systemd(folder).install(entry())

    assert not folder.exists()


def test_a_machine_without_systemd_is_told_with_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CalendarError, match="there is no systemd on this machine; take the calendar cron"):
        Systemd(tmp_path / "units").install(entry())
