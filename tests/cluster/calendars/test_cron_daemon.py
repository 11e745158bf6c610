from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path

import pytest

from tests.contracts.calendar import entry
from tests.parts import find_program
from tests.processes import PROJECT, eventually
from tuner.cluster.calendars import Cron, explicit_environment, last_result
from tuner.cluster.calendars.entry import own_program

ALONE = """
set -e
mount --bind "$1/spool" /var/spool/cron/crontabs
mount --bind "$1/empty" /etc/cron.d
[ ! -e /etc/crontab ] || mount --bind /dev/null /etc/crontab
mount -t tmpfs none /run
exec "$2" -f -L 1
"""
"""Debian's cron with nothing to do but what this test gives it, and without a trace on the machine."""


def may_mount() -> bool:
    return os.geteuid() == 0 and subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0


@pytest.mark.thorough
@pytest.mark.needs("cron")
@pytest.mark.skipif(not may_mount(), reason="needs root in a namespace of its own")
def test_cron_starts_an_entry_and_finds_everything_that_it_needs(tmp_path: Path) -> None:
    root = tmp_path / "it's 100% mine"
    for folder in (root / "studies", tmp_path / "spool", tmp_path / "empty"):
        folder.mkdir(parents=True)
    environment = explicit_environment({**os.environ, "PYTHONPATH": str(PROJECT), "TUNER_CORES": "2"}, tmp_path)
    nightly = entry(
        root=str(root),
        at="* * * * *",
        program=own_program(),
        environment=environment,
        command=["sh", "-c", 'echo "50% $TUNER_CORES"; pwd; tuner studies'],
    )
    table = tmp_path / "spool" / pwd.getpwuid(0).pw_name
    table.write_text(Cron().text(nightly))
    table.chmod(0o600)
    cron = subprocess.Popen(["unshare", "-m", "sh", "-c", ALONE, "sh", str(tmp_path), str(find_program("cron"))])
    try:
        # A minute may have just begun.
        eventually(lambda: nightly.log_file.exists())
        assert eventually(lambda: (result := last_result(root, "nightly")) is not None and result.state == "ended")
    finally:
        cron.terminate()
        cron.wait()
    result = last_result(root, "nightly")
    log = nightly.log_file.read_text().splitlines()

    assert result is not None
    assert (result.exit_code, log[1:3]) == (0, ["50% 2", str(root)]), log
