"""A timer of the user's own systemd."""

from __future__ import annotations

import getpass
import hashlib
import os
import re
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from tuner.cluster.calendars.calendar import Calendar, Installed
from tuner.cluster.calendars.entry import Entry
from tuner.cluster.calendars.marked_lines import blocks, marked
from tuner.cluster.calendars.on_calendar import on_calendar
from tuner.cluster.calendars.scheduled_run import ENDED_WELL
from tuner.errors import CalendarError

PATIENCE_SECONDS = 60.0
LONGEST_GOODBYE = "5min"
"""How long a run may take to hand back what it trains when it is stopped."""

_PLAIN = re.compile(r"[A-Za-z0-9_./:=@,+-]+")


class Systemd(Calendar):
    """An entry is a service and the timer that starts it, two files in the user's folder of units.

    systemd starts no second run of a service that is still running.
    """

    name: ClassVar[str] = "systemd"

    def __init__(self, folder: Path | None = None) -> None:
        """The calendar of this user.

        Args:
            folder: where units lie; the user's own if left out.
        """
        configured = os.environ.get("XDG_CONFIG_HOME")
        home = Path(configured) if configured and os.path.isabs(configured) else Path.home() / ".config"
        self._folder = folder or home / "systemd" / "user"

    def text(self, entry: Entry) -> str:
        return "\n".join(f"# {name}\n{text}" for name, text in unit_files(entry).items())

    def install(self, entry: Entry) -> list[str]:
        files = unit_files(entry)
        self._check_own(files, entry)
        self._systemctl("show-environment")  # so that nothing is written where nobody would read it
        self._folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            _replace(self._folder / name, text)
        unit = unit_of(entry.name, entry.root)
        self._systemctl("daemon-reload")
        self._systemctl("enable", f"{unit}.timer")
        # Start alone would leave a timer that runs already at its old times.
        self._systemctl("restart", f"{unit}.timer")
        return _lingering()

    def installed(self) -> list[Installed]:
        found = []
        for timer in sorted(self._folder.glob("tuner-*.timer")):
            for block in blocks(timer.read_text(errors="surrogateescape"), str(timer)):
                wanted = self._folder / "timers.target.wants" / timer.name
                text = "".join(block.lines).strip("\n") + "\n"
                found.append(Installed(self.name, block.name, block.root, text, enabled=wanted.is_symlink()))
        return found

    def remove(self, name: str, root: Path) -> bool:
        unit = unit_of(name, root)
        files = [path for kind in ("timer", "service") if (path := self._folder / f"{unit}.{kind}").exists()]
        if not files:
            return False
        self._systemctl("disable", "--now", f"{unit}.timer")
        for path in files:
            path.unlink()
        self._systemctl("daemon-reload")
        return True

    def _check_own(self, names: dict[str, str], entry: Entry) -> None:
        """That no unit of these names is somebody else's."""
        for path in (self._folder / name for name in names):
            if path.exists():
                marks = blocks(path.read_text(errors="surrogateescape"), str(path))
                if [(mark.name, mark.root) for mark in marks] != [(entry.name, entry.root)]:
                    raise CalendarError(
                        f"{path} is not as tuner leaves a unit of the entry {entry.name}; remove or rename it, nothing "
                        "has been changed"
                    )

    def _systemctl(self, *arguments: str) -> None:
        if shutil.which("systemctl") is None:
            raise CalendarError("there is no systemd on this machine; take the calendar cron")
        try:
            done = subprocess.run(
                ["systemctl", "--user", *arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=PATIENCE_SECONDS,
            )
        except subprocess.TimeoutExpired:
            raise CalendarError("systemctl has not answered within a minute; try again later") from None
        if done.returncode == 0:
            return
        said = " ".join(done.stderr.split())
        if arguments == ("show-environment",):
            raise CalendarError(
                f"your systemd cannot be reached ({said}); log in as yourself, not with su or sudo, or take the "
                "calendar cron"
            )
        raise CalendarError(f"systemctl --user {' '.join(arguments)} failed: {said}")


def unit_of(name: str, root: Path) -> str:
    """The name of an entry's units, without their kind; the same name in another project has another."""
    project = hashlib.sha256(os.fsencode(root)).hexdigest()[:8]
    return f"tuner-{name}-{project}"


def unit_files(entry: Entry) -> dict[str, str]:
    """The units of an entry, by the names of their files; this depends on nothing but the entry."""
    unit = unit_of(entry.name, entry.root)
    described = f"tuner: {entry.name} in {entry.root}".replace("%", "%%")
    service = [
        "[Unit]",
        f"Description={described}",
        "",
        "[Service]",
        "Type=oneshot",
        f"WorkingDirectory={str(entry.root).replace('%', '%%')}",
        *(f"Environment={_quoted(f'{name}={value}')}" for name, value in sorted(entry.variables.items())),
        # Here a dollar is a variable; two of them are one.
        f"ExecStart={' '.join(_quoted(word).replace('$', '$$') for word in entry.wrapped)}",
        # Out of time, or handed back: a run that ended well, with trials left for the next one.
        f"SuccessExitStatus={' '.join(map(str, ENDED_WELL))}",
        # Only the wrapper is told to stop, and tells the command; told twice, that would end at once.
        "KillMode=mixed",
        f"TimeoutStopSec={LONGEST_GOODBYE}",
    ]
    timer = [
        "[Unit]",
        f"Description={described}",
        "",
        "[Timer]",
        *(f"OnCalendar={value}" for value in on_calendar(entry.at)),
        "",
        "[Install]",
        "WantedBy=timers.target",
    ]
    return {
        f"{unit}.service": marked(entry.name, entry.root, service),
        f"{unit}.timer": marked(entry.name, entry.root, timer),
    }


def _quoted(word: str) -> str:
    """A word as systemd reads it."""
    word = word.replace("%", "%%")
    if _PLAIN.fullmatch(word):
        return word
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _replace(path: Path, text: str) -> None:
    """Write a file so that nobody ever reads half of it."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, errors="surrogateescape")
    beside.replace(path)


def _lingering() -> list[str]:
    """A remark if this user's timers run only while the user is logged in."""
    user = getpass.getuser()
    with suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(
            ["loginctl", "show-user", user, "--property=Linger", "--value"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
        if done.returncode == 0 and done.stdout.strip() == "yes":
            return []
    return [f"your timers run only while you are logged in, unless you say once: loginctl enable-linger {user}"]
