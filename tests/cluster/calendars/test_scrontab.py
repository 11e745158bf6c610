from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cluster.calendars.programs import SCRONTAB, put_on_path
from tests.contracts.calendar import CalendarContract, entry
from tuner.cluster.calendars import ScronOptions, Scrontab
from tuner.errors import CalendarError


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a scrontab that behaves as the real one keeps its text."""
    put_on_path(monkeypatch, tmp_path / "bin", "scrontab", SCRONTAB, store=tmp_path / "scrontab")
    return tmp_path / "scrontab"


class TestScrontab(CalendarContract):
    @pytest.fixture
    def calendar(self, store: Path) -> Scrontab:
        return Scrontab()


def test_what_a_job_asks_for_stands_above_its_line() -> None:
    options = ScronOptions("short", "lab", time="1:00:00", cpus=2, memory="2G", extra={"qos": "low"})

    assert Scrontab(options).text(entry(at="*/30 2 * * mon-fri")).splitlines() == [
        "# tuner: begin nightly in /srv/project",
        "#SCRON --job-name=tuner-nightly",
        "#SCRON --output=tuner-nightly.out",
        "#SCRON --open-mode=append",
        "#SCRON --partition=short",
        "#SCRON --account=lab",
        "#SCRON --time=1:00:00",
        "#SCRON --cpus-per-task=2",
        "#SCRON --mem=2G",
        "#SCRON --qos=low",
        "0,30 2 * * 1,2,3,4,5 /usr/bin/env PATH=/usr/bin:/bin TUNER_ROOT=/srv/project "
        "TUNER_STORAGE_FILE='/srv/storage url' /opt/venv/bin/tuner run-scheduled nightly -- tuner sweep run nightly",
        "# tuner: end nightly in /srv/project",
    ]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            {"partition": "two words"},
            '--partition is "two words", but scrontab takes no empty value and none with blanks',
        ),
        ({"account": ""}, '--account is ""'),
        ({"time": "2h"}, 'time is "2h", but should be such as 30 .minutes., 2:00:00'),
        ({"cpus": 0}, "cpus is 0, but a job needs at least 1"),
        ({"extra": {"array": "0-7"}}, "scrontab takes no --array; the command submits arrays itself"),
        ({"extra": {"--qos": "low"}}, '"--qos" is no long option of sbatch; write it without dashes'),
    ],
)
def test_an_option_that_cannot_stand_there_is_refused(options: dict[str, Any], expected: str) -> None:
    with pytest.raises(CalendarError, match=expected):
        ScronOptions(**options)


def test_an_entry_whose_job_was_cancelled_is_told_as_switched_off_and_installing_it_again_switches_it_on(
    store: Path,
) -> None:
    Scrontab().install(entry())
    first, *own, last = store.read_text().splitlines(keepends=True)
    store.write_text("".join([first, *(f"#DISABLED: {line}" for line in own), last]))
    assert [each.enabled for each in Scrontab().installed()] == [False]
    Scrontab().install(entry())

    assert [each.enabled for each in Scrontab().installed()] == [True]


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        (
            "echo 'scrontab: fatal: scrontab is disabled on this cluster' >&2",
            "^scrontab is disabled on this cluster; take the calendar cron, on the login node$",
        ),
        (
            "echo 'scrontab: fatal: slurm_request_crontab failed: Unable to contact slurm controller' >&2",
            "your scrontab cannot be read: .*Unable to contact slurm controller",
        ),
    ],
)
def test_a_cluster_that_refuses_is_told_in_one_sentence(
    says: str, expected: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put_on_path(monkeypatch, tmp_path / "bin", "scrontab", f"#!/bin/sh\n{says}\nexit 1\n")
    with pytest.raises(CalendarError, match=expected):
        Scrontab().install(entry())


def test_a_job_that_slurm_refuses_is_told_with_what_slurm_says_and_nothing_is_changed(store: Path) -> None:
    store.write_text("0 1 * * * mine\n")
    with pytest.raises(CalendarError, match=r"does not take the entry; it is as it was: .*Invalid partition name"):
        Scrontab(ScronOptions(partition="nowhere")).install(entry())

    assert store.read_text() == "0 1 * * * mine\n"


def test_a_machine_without_scrontab_is_told_with_the_way_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        CalendarError, match=r"there is no scrontab on this machine.*the calendar cron, on the login node"
    ):
        Scrontab().install(entry())
