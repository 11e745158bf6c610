"""How other processes of `tuner` are started from this one."""

from __future__ import annotations

import sys

# -P: the working directory may hold files that are named like modules.
PROGRAM = (sys.executable, "-P", "-m", "tuner")
"""The Python that runs, with this package."""


def tuner_command(*arguments: str) -> list[str]:
    """What starts `tuner` with some arguments."""
    return [*PROGRAM, *arguments]
