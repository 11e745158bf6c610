from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tuner.cluster.calendars.environment import explicit_environment
from tuner.errors import CalendarError


def test_what_a_run_needs_is_taken_along_and_nothing_else(tmp_path: Path) -> None:
    found = {"PATH": "/bin", "LANG": "C.UTF-8", "SLURM_CONF": "/etc/slurm.conf", "EDITOR": "vi", "HOME": "/root"}

    assert set(explicit_environment(found, tmp_path)) == {"PATH", "LANG", "SLURM_CONF"}


def test_the_path_has_this_pythons_folder_and_each_folder_once_and_only_if_it_is_there(tmp_path: Path) -> None:
    stated = os.pathsep.join(["/usr/bin", "", "relative", str(tmp_path), "/usr/bin", str(tmp_path / "gone"), "/bin"])
    folders = explicit_environment({"PATH": stated}, tmp_path)["PATH"].split(os.pathsep)

    assert folders[:3] == [str(Path(sys.executable).parent), "/usr/bin", str(tmp_path)]
    assert len(folders) == len(set(folders))
    assert set(folders) <= {str(Path(sys.executable).parent), "/usr/bin", str(tmp_path), "/bin", "/usr/local/bin"}


def test_paths_of_files_become_absolute(tmp_path: Path) -> None:
    found = explicit_environment({"TUNER_STORAGE_FILE": "storage", "PGPASSFILE": "~/pass"}, tmp_path)

    assert found["TUNER_STORAGE_FILE"] == str(tmp_path / "storage")
    assert found["PGPASSFILE"] == str(Path("~/pass").expanduser())


@pytest.mark.parametrize("name", ["TUNER_STORAGE", "PGPASSWORD"])
def test_a_password_that_runs_would_miss_is_told_now_and_not_at_night(name: str, tmp_path: Path) -> None:
    with pytest.raises(CalendarError, match=f"{name} is set here, .*TUNER_STORAGE_FILE") as refusal:
        explicit_environment({name: "hunter2"}, tmp_path)

    assert "hunter2" not in str(refusal.value)
