"""Versions of what a study's values depend on, told without importing any of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import version

PACKAGES = ("tuner", "keras", "optuna", "tensorflow")
MUST_AGREE = ("tuner", "keras", "optuna")
"""Packages whose major versions all workers of one study must share."""


@cache
def versions() -> Mapping[str, str]:
    """The installed versions; they are looked up once."""
    return {package: version(package) for package in PACKAGES}


def disagreement(stored: Mapping[str, str], current: Mapping[str, str]) -> str | None:
    """In which package two sets of versions are too far apart; None if in none."""
    for package in MUST_AGREE:
        if package in stored and _major(stored[package]) != _major(current[package]):
            return f"{package} {stored[package]} made it, and this is {package} {current[package]}"
    return None


def _major(text: str) -> tuple[str, ...]:
    """The part of a version that promises compatibility: 0.x counts as major."""
    parts = text.split(".")
    return tuple(parts[:2]) if parts[0] == "0" else tuple(parts[:1])
