"""Which of this process's variables an entry takes along, since a calendar starts commands with next to none."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from tuner.cluster.calendars.secrets import URL_VARIABLE, WAY_OUT
from tuner.errors import CalendarError

FILES = ("TUNER_STORAGE_FILE", "PGPASSFILE", "PGSERVICEFILE", "PGSSLROOTCERT", "PGSSLCERT", "PGSSLKEY", "SLURM_CONF")
"""Variables that name a file, from the working directory if the path is relative."""

PLAIN = (
    *("TUNER_CORES", "CUDA_VISIBLE_DEVICES", "KERAS_HOME", "XDG_CONFIG_HOME"),
    *("PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGSERVICE", "PGSSLMODE"),
    *("LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "PYTHONPATH"),
)
"""Variables that are taken as they are."""

SECRET = (URL_VARIABLE, "PGPASSWORD")
"""Variables that a run would need and that no calendar may hold."""

USUAL_FOLDERS = ("/usr/local/bin", "/usr/bin", "/bin")


def explicit_environment(environment: Mapping[str, str], working_directory: Path) -> dict[str, str]:
    """The variables that an entry needs to find there what is found here.

    Args:
        environment: this process's.
        working_directory: where relative paths start from.
    Returns:
        `PATH`, which also has the folder of the Python that runs, and those of the others that are set.
    Raises:
        CalendarError: if a variable is set that an entry would need and that may hold a password.
    """
    for name in SECRET:
        if environment.get(name):
            raise CalendarError(
                f"{name} is set here, but the calendar's runs will not have it: it may hold a password, and a calendar "
                f"is no place for one; {WAY_OUT}, and unset {name}"
            )
    kept = {"PATH": _path(environment.get("PATH", ""))}
    kept |= {name: str(working_directory / Path(environment[name]).expanduser()) for name in _set(environment, FILES)}
    kept |= {name: environment[name] for name in _set(environment, PLAIN)}
    return kept


def _set(environment: Mapping[str, str], names: tuple[str, ...]) -> list[str]:
    return [name for name in names if environment.get(name)]


def _path(stated: str) -> str:
    """Every folder once, and only those that are there: lines of a crontab must not be long."""
    folders = [str(Path(sys.executable).parent), *stated.split(os.pathsep), *USUAL_FOLDERS]
    return os.pathsep.join(
        folder for folder in dict.fromkeys(folders) if os.path.isabs(folder) and os.path.isdir(folder)
    )
