"""Whether a project's folder can be written to, found out before anything is lost for want of it."""

from __future__ import annotations

import tempfile
from pathlib import Path


def why_not_writable(folder: Path) -> str | None:
    """Why nothing can be kept in a folder, which need not be there yet; None if it can.

    It is tried, with a file that has no name: permissions do not tell of a disk, or of a server, that forbids it.

    Returns:
        What the operating system says, with the folder that it says it of.
    """
    nearest = next(each for each in (folder, *folder.parents) if each.exists())
    try:
        with tempfile.TemporaryFile(dir=nearest):
            return None
    except OSError as error:
        return f"{nearest}: {error.strerror}"


def remark_on_checkpoints(folder: Path) -> str | None:
    """What a person should know whose search cannot keep the progress of trials; None if it can."""
    why = why_not_writable(folder)
    if why is None:
        return None
    return (
        f"the progress of trials that are handed back cannot be kept ({why}): they will start over; make the project "
        "folder writable for this user"
    )
