"""Parts that some tests need beside Python, and that a developer's machine may lack.

A test that needs one says so with `@pytest.mark.needs("chromium")`, or calls `require_part("chromium")` in a fixture.
Where the part is absent the test is skipped, and the summary names the part; where `TUNER_REQUIRE` lists the part, as
`.ci/run` does, its absence is a failure. To add a part: one line in `PARTS` and one in `.ci/run`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from glob import glob

import pytest


def find_program(*names: str, folders: str = "") -> str | None:
    """The path of the first program that is here, looked for on the PATH, then in `folders` (a glob), then in sbin."""
    path = os.pathsep.join([os.environ.get("PATH", ""), *sorted(glob(folders), reverse=True), "/usr/sbin", "/sbin"])
    return next((found for name in names if (found := shutil.which(name, path=path))), None)


def _chromium() -> bool:
    return find_program("chromium", "chromium-browser", "google-chrome") is not None


def _postgresql() -> bool:
    return all(find_program(name, folders="/usr/lib/postgresql/*/bin") for name in ("initdb", "pg_ctl", "postgres"))


def _slurm() -> bool:
    return all(find_program(name) for name in ("slurmctld", "slurmd", "sbatch", "munged"))


def _cron() -> bool:
    return all(find_program(name) for name in ("crontab", "cron"))


PARTS: Mapping[str, Callable[[], bool]] = {
    "chromium": _chromium,
    "postgresql": _postgresql,
    "slurm": _slurm,
    "cron": _cron,
}
"""Every part by name, and how to tell whether it is here."""


def required_parts() -> frozenset[str]:
    """The parts whose absence is a failure, from `TUNER_REQUIRE`: names with commas between them.

    Raises:
        pytest.UsageError: if a name is none of `PARTS`.
    """
    named = frozenset(name.strip() for name in os.environ.get("TUNER_REQUIRE", "").split(",") if name.strip())
    unknown = sorted(named - set(PARTS))
    if unknown:
        raise pytest.UsageError(f"TUNER_REQUIRE names {', '.join(unknown)}, but the parts are {', '.join(PARTS)}")
    return named


def require_part(name: str) -> None:
    """Go on if a part is here; otherwise skip the test, or fail it if the part is required."""
    if PARTS[name]():
        return
    if name in required_parts():
        pytest.fail(f"{name} is not here, but TUNER_REQUIRE lists it", pytrace=False)
    pytest.skip(f"{name} is not here")
