from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.calendars.programs import CRONTAB, put_on_path
from tests.contracts.calendar import CalendarContract, entry
from tests.parts import find_program
from tuner.cluster.calendars import Cron
from tuner.errors import CalendarError

SOMEBODYS = b"""# m h dom mon dow command
MAILTO=me@example.org

0 1 * * * echo caf\xe9 50\\% \t
#5 * * * * echo no more
30 1 * * * /bin/true"""


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a crontab that behaves as the real one keeps its text."""
    put_on_path(monkeypatch, tmp_path / "bin", "crontab", CRONTAB, store=tmp_path / "crontab")
    return tmp_path / "crontab"


class TestCron(CalendarContract):
    @pytest.fixture
    def calendar(self, store: Path) -> Cron:
        return Cron()


@pytest.mark.needs("cron")
class TestDebiansCron(CalendarContract):
    """The same with the real program, on the crontab of a user who has no other use for one; it is put back."""

    @pytest.fixture
    def calendar(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cron]:
        real = find_program("crontab")
        words = [str(real), "-u", "nobody"] if os.geteuid() == 0 else [str(real)]
        put_on_path(monkeypatch, tmp_path / "bin", "crontab", f'#!/bin/sh\nexec {" ".join(words)} "$@"\n')
        before = subprocess.run([*words, "-l"], capture_output=True)
        subprocess.run([*words, "-r"], capture_output=True)
        yield Cron()
        if before.returncode == 0:
            subprocess.run([*words, "-"], input=before.stdout, check=True)
        else:
            subprocess.run([*words, "-r"], capture_output=True)

    def test_it_takes_the_longest_line_that_we_write(self, calendar: Cron) -> None:
        calendar.install(entry(command=["tuner", "x" * 853]))
        (found,) = calendar.installed()
        assert len(found.text.rstrip("\n").removeprefix("0 2 * * * ")) == 998

    def test_a_carriage_return_is_noticed(self, calendar: Cron) -> None:
        subprocess.run(["crontab", "-"], input=b"0 1 * * * true\r\n", check=True)
        with pytest.raises(CalendarError, match="carriage return"):
            calendar.install(entry())

    def test_somebodys_own_lines_stay_as_they_are(self, calendar: Cron) -> None:
        lines = SOMEBODYS + b"\n"
        subprocess.run(["crontab", "-"], input=lines, check=True)
        calendar.install(entry())
        calendar.remove("nightly", entry().root)

        assert subprocess.run(["crontab", "-l"], capture_output=True, check=True).stdout == lines


def test_somebodys_own_lines_stay_byte_for_byte_when_an_entry_comes_changes_and_goes(store: Path) -> None:
    store.write_bytes(SOMEBODYS + b"\n")
    for at in ("0 2 * * *", "0 3 * * *"):
        Cron().install(entry(at=at))
        assert store.read_bytes() == SOMEBODYS + b"\n" + Cron().text(entry(at=at)).encode()
    Cron().remove("nightly", entry().root)

    assert store.read_bytes() == SOMEBODYS + b"\n"


def test_a_line_that_crontab_does_not_show_as_it_is_is_refused(store: Path) -> None:
    store.write_bytes(b"0 1 * * * mine\\r\n")
    with pytest.raises(CalendarError, match=r"a carriage return at the end of line 1.*nothing has been changed"):
        Cron().install(entry())
    assert Cron().installed() == []

    assert store.read_bytes() == b"0 1 * * * mine\\r\n"


def test_a_crontab_that_was_not_there_is_not_there_afterwards(store: Path) -> None:
    Cron().install(entry())
    Cron().remove("nightly", entry().root)

    assert not store.exists()


def test_an_entry_that_is_as_it_should_be_is_not_written_again(store: Path) -> None:
    Cron().install(entry())
    store.chmod(0o444)
    before = store.stat()
    Cron().install(entry())

    assert store.stat() == before


def test_an_entry_that_stands_there_twice_is_refused_and_nothing_changed(store: Path) -> None:
    twice = Cron().text(entry()) * 2
    store.write_text(twice)
    for change in (lambda: Cron().install(entry()), lambda: Cron().remove("nightly", entry().root)):
        with pytest.raises(CalendarError, match="your crontab has the entry nightly of /srv/project twice"):
            change()

    assert store.read_text() == twice


def test_an_entry_that_somebody_has_commented_out_is_told_as_such(store: Path) -> None:
    Cron().install(entry())
    store.write_text(store.read_text().replace("0 2 * * *", "#0 2 * * *"))

    assert [each.enabled for each in Cron().installed()] == [False]


def test_the_line_begins_with_the_time_and_escapes_what_ends_a_command() -> None:
    _, line, _ = Cron().text(entry(command=["tuner", "50%"])).splitlines()

    assert line == (
        "0 2 * * * /usr/bin/env PATH=/usr/bin:/bin TUNER_ROOT=/srv/project TUNER_STORAGE_FILE='/srv/storage url' "
        "/opt/venv/bin/tuner run-scheduled nightly -- tuner 50\\%"
    )


def test_the_shell_reads_the_words_that_were_given(tmp_path: Path) -> None:
    words = ["it's", 'a "b"', "$HOME", "50%", "", "*", "a;b"]
    program = ["/usr/bin/python3", "-c", "import os, sys; print([os.environ['ODD'], sys.argv[1:]])"]
    odd = entry(program=program, command=words, environment={"PATH": "/usr/bin:/bin", "ODD": "a 'b' $c %d"})
    _, line, _ = Cron().text(odd).splitlines()
    as_cron_does = line.removeprefix("0 2 * * * ").replace("\\%", "%")
    done = subprocess.run(["/bin/sh", "-c", as_cron_does], capture_output=True, text=True, env={}, check=True)

    assert done.stdout.strip() == str(["a 'b' $c %d", ["run-scheduled", "nightly", "--", *words]])


def test_a_line_that_cron_would_not_take_is_refused_with_the_way_out() -> None:
    with pytest.raises(
        CalendarError, match=r"of \d{4} bytes, and cron takes 998; 950 of them are PATH.*calendar systemd"
    ):
        Cron().text(entry(environment={"PATH": "/bin:" * 190}))


def test_a_backslash_is_refused() -> None:
    with pytest.raises(CalendarError, match="nightly holds a backslash"):
        Cron().text(entry(command=["tuner", "a\\%b"]))


def test_a_machine_without_crontab_is_told_with_the_way_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CalendarError, match=r"there is no crontab on this machine; install cron.*systemd"):
        Cron().install(entry())


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        ("You (me) are not allowed to use this program (crontab)", "you may not use crontab.*calendar systemd"),
        ("/var/spool/cron: Permission denied", "your crontab cannot be read: /var/spool/cron: Permission denied"),
    ],
)
def test_a_crontab_that_refuses_is_told_in_one_sentence(
    says: str, expected: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put_on_path(monkeypatch, tmp_path / "bin", "crontab", f'#!/bin/sh\necho "{says}" >&2\nexit 1\n')
    with pytest.raises(CalendarError, match=expected):
        Cron().install(entry())


def test_a_crontab_that_keeps_something_else_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    put_on_path(monkeypatch, tmp_path / "bin", "crontab", '#!/bin/sh\n[ "$1" = -l ] && echo "# mine"\nexit 0\n')
    with pytest.raises(CalendarError, match="your crontab is not what was written to it"):
        Cron().install(entry())
