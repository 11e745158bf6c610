"""An entry's command as one line for a shell, whichever one a calendar takes."""

from __future__ import annotations

import shlex

from tuner.cluster.calendars.entry import Entry


def shell_line(entry: Entry) -> str:
    """The entry's variables and words; what is special to a shell is quoted.

    By env(1) and not by the shell's own assignments, since a crontab may name a shell that has others.
    """
    variables = [f"{name}={shlex.quote(value)}" for name, value in sorted(entry.variables.items())]
    return " ".join(["/usr/bin/env", *variables, shlex.join(entry.wrapped)])
