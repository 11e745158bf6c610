"""Programs of calendars that are not on every machine, as small scripts that behave as the real ones do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

CRONTAB = """#!/bin/sh
# crontab of Debian's cron: says what it has to say on the standard error
case "$1" in
-l) if [ -f "{store}" ]; then cat "{store}"; else echo "no crontab for me" >&2; exit 1; fi ;;
-r) rm "{store}" ;;
-) cat > "{store}.new"
    if [ -n "$(tail -c 1 "{store}.new")" ]; then echo "missing newline before EOF, can't install." >&2; exit 1; fi
    mv "{store}.new" "{store}" ;;
*) exit 2 ;;
esac
"""

SCRONTAB = """#!/bin/sh
# scrontab of Slurm 24.11: says on the standard output what is wrong with lines, or that there are none
case "$1" in
-l) if [ -f "{store}" ]; then cat "{store}"; else echo "no crontab for me"; exit 1; fi ;;
-r) rm "{store}" ;;
-) cat > "{store}.new"
    if grep -q "^#SCRON.*--array" "{store}.new"; then echo "There are errors in your crontab."; exit 1; fi
    if grep -q "^#SCRON --partition=nowhere" "{store}.new"; then
        echo "There was an issue with the job submission on lines 0-4"
        echo "The error code return was: Invalid partition name specified"
        exit 1
    fi
    mv "{store}.new" "{store}" ;;
*) exit 2 ;;
esac
"""

SYSTEMCTL = """#!/bin/sh
# systemctl --user: notes what it is asked for, and links what is enabled
echo "$@" >> "{store}"
wants="{folder}/timers.target.wants"
case "$2" in
enable) mkdir -p "$wants"; ln -sf "../$3" "$wants/$3" ;;
disable) rm -f "$wants/$4" ;;
esac
"""


def put_on_path(monkeypatch: pytest.MonkeyPatch, programs: Path, name: str, script: str, **places: Path) -> None:
    """Have a script found before anything else of its name."""
    programs.mkdir(exist_ok=True)
    (programs / name).write_text(script.format(**places))
    (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
