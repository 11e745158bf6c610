"""Packages that single samplers need: found missing before the first trial, and not in its middle."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec

from tuner.errors import StudyError
from tuner.hyperparameters.base import Settings
from tuner.study.sampler_settings import CmaesSampler, GpSampler

NEEDS: Mapping[type[Settings], tuple[str, ...]] = {CmaesSampler: ("cmaes",), GpSampler: ("scipy", "torch")}
"""What each sampler needs beside Optuna; the extras of pyproject.toml bring it."""


def check_installed(settings: Settings) -> None:
    """See that a sampler has all it needs; nothing is imported for that.

    Raises:
        StudyError: if a package is missing, with the command that installs it.
    """
    missing = [package for package in NEEDS.get(type(settings), ()) if find_spec(package) is None]
    if missing:
        kind = type(settings).model_fields["kind"].default
        raise StudyError(
            f'search.sampler is "{kind}", which needs {" and ".join(missing)}, and that is not installed here; '
            f"pip install {' '.join(missing)}"
        )
