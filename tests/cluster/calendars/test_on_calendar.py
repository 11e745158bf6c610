from __future__ import annotations

import shutil
import subprocess

import pytest

from tuner.cluster.calendars.cron_time import cron_time
from tuner.cluster.calendars.on_calendar import on_calendar

TIMES = {
    "0 2 * * *": ["*-*-* 02:00:00"],
    "* * * * *": ["*-*-* *:*:00"],
    "*/15 8-18/2 * * *": ["*-*-* 08,10,12,14,16,18:00/15:00"],
    "5-59/10 2 * * *": ["*-*-* 02:05/10:00"],
    "0 2 1,15 1-3 *": ["*-01,02,03-01,15 02:00:00"],
    "0 2 * * 1-5": ["Mon,Tue,Wed,Thu,Fri *-*-* 02:00:00"],
    "0 2 * * 7": ["Sun *-*-* 02:00:00"],
    "0 2 13 * fri": ["*-*-13 02:00:00", "Fri *-*-* 02:00:00"],
    "0 2 13 * 0-6": ["*-*-13 02:00:00", "*-*-* 02:00:00"],
    "@yearly": ["*-01-01 00:00:00"],
}


@pytest.mark.parametrize("stated", TIMES)
def test_a_time_is_said_in_systemds_words(stated: str) -> None:
    assert on_calendar(cron_time(stated)) == TIMES[stated]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
def test_systemd_reads_every_one_of_them() -> None:
    values = [value for several in TIMES.values() for value in several]
    done = subprocess.run(["systemd-analyze", "calendar", *values], capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Next elapse: ") == len(values)
    assert "never" not in done.stdout
