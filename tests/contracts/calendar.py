"""What every calendar must do that entries can be installed in.

A test class for a calendar inherits the contract and gives one that starts out empty:

    class TestCron(CalendarContract):
        @pytest.fixture
        def calendar(self, fake_crontab): return Cron()
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from tuner.cluster.calendars import CALENDARS, Calendar, Entry, cron_time

PROGRAM = ("/opt/venv/bin/tuner",)


def entry(name: str = "nightly", root: str = "/srv/project", **changes: Any) -> Entry:
    """An entry that every calendar can hold."""
    changes["at"] = cron_time(changes.get("at", "0 2 * * *"))
    usual: dict[str, Any] = {
        "name": name,
        "command": ["tuner", "sweep", "run", "nightly"],
        "root": Path(root),
        "environment": {"PATH": "/usr/bin:/bin", "TUNER_STORAGE_FILE": "/srv/storage url"},
        "program": PROGRAM,
    }
    return Entry(**(usual | changes))


class CalendarContract:
    @pytest.fixture
    def calendar(self) -> Calendar:
        raise NotImplementedError("a class that inherits the contract gives the calendar")

    def test_its_name_stands_in_the_table(self, calendar: Calendar) -> None:
        assert CALENDARS[calendar.name] is type(calendar)

    def test_an_entry_is_found_again_as_it_was_written(self, calendar: Calendar) -> None:
        assert calendar.installed() == []
        calendar.install(entry())
        (found,) = calendar.installed()

        assert (found.calendar, found.name, found.root, found.enabled) == (
            calendar.name,
            "nightly",
            Path("/srv/project"),
            True,
        )
        assert found.text in calendar.text(entry())

    def test_writing_the_text_changes_nothing(self, calendar: Calendar) -> None:
        assert calendar.text(entry()) == calendar.text(entry())
        assert calendar.installed() == []

    def test_an_entry_that_is_installed_again_stands_there_once_with_its_new_time(self, calendar: Calendar) -> None:
        for at in ("0 2 * * *", "0 2 * * *", "30 4 * * *"):
            calendar.install(entry(at=at))
        (found,) = calendar.installed()

        assert found.text in calendar.text(entry(at="30 4 * * *"))
        assert found.text not in calendar.text(entry())

    def test_an_entry_is_taken_out_and_then_is_not_there(self, calendar: Calendar) -> None:
        calendar.install(entry())
        calendar.install(entry("weekly"))

        assert calendar.remove("nightly", Path("/srv/project"))
        assert [each.name for each in calendar.installed()] == ["weekly"]
        assert not calendar.remove("nightly", Path("/srv/project"))

    def test_two_projects_may_have_entries_of_one_name(self, calendar: Calendar) -> None:
        calendar.install(entry())
        calendar.install(entry(root="/srv/other"))
        assert calendar.remove("nightly", Path("/srv/other"))

        assert [each.root for each in calendar.installed()] == [Path("/srv/project")]

    def test_paths_and_words_may_hold_blanks_quotes_dollars_and_per_cent_signs(self, calendar: Calendar) -> None:
        odd = entry(root="/srv/it's 100% $HOME", command=["tuner", 'say "50%"', "a b", "$(id)"])
        calendar.install(odd)

        assert [each.root for each in calendar.installed()] == [odd.root]

    def test_an_entry_names_its_variables_and_its_wrapper(self, calendar: Calendar) -> None:
        text = calendar.text(dataclasses.replace(entry(), log=Path("/var/log/nightly.log")))

        for expected in ("PATH=/usr/bin:/bin", "TUNER_ROOT=/srv/project", "/srv/storage url", "/var/log/nightly.log"):
            assert expected in text
        assert "/opt/venv/bin/tuner run-scheduled" in text
