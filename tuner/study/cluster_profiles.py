"""A person's own descriptions of clusters, in a file beside their other settings."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tuner.errors import ClusterError, Mistake, StudyFileError, did_you_mean
from tuner.space.complaints import one_of, shown
from tuner.study.cluster_profile import ClusterProfile
from tuner.study.cluster_settings import ClusterSettings
from tuner.study.command_profile import CommandProfile
from tuner.study.section import read_section

KINDS = ("slurm",)
"""Batch systems that need no description."""

PROFILES: Mapping[str, type[ClusterProfile]] = {"slurm": ClusterProfile, "command": CommandProfile}
"""What a description of each kind of batch system may say."""


def profiles_file(environment: Mapping[str, str]) -> Path:
    """Where a person's clusters are described, whether the file is there or not."""
    configuration = environment.get("XDG_CONFIG_HOME")
    folder = Path(configuration) if configuration else Path(environment.get("HOME", "~")).expanduser() / ".config"
    return folder / "tuner" / "clusters.toml"


def cluster_profile(name: str, stated: ClusterSettings, environment: Mapping[str, str]) -> ClusterProfile:
    """What is known of a cluster.

    Args:
        name: of a description in the person's file, or the kind of a batch system.
        stated: what a study file says in `[cluster]`, which goes before what the description says.
        environment: tells where the file is.
    Raises:
        ClusterError: if there is no such cluster.
        StudyFileError: with every mistake in its description.
    """
    file = profiles_file(environment)
    described = _described(file)
    if name not in described and name not in KINDS:
        known = [*described, *KINDS]
        raise ClusterError(
            f'there is no cluster "{name}": it is none of {", ".join(known)}; describe it in {file}, in a table '
            f"[{name}].{did_you_mean(name, known)}"
        )
    raw = described.get(name, {"kind": name})
    kind = raw.get("kind", "slurm")
    if not isinstance(kind, str) or kind not in PROFILES:
        raise StudyFileError(str(file), [Mistake(f"{name}.kind", one_of(kind, list(PROFILES)))])
    profile, mistakes = read_section(PROFILES[kind], _listed(raw), name)
    if mistakes or profile is None:
        raise StudyFileError(str(file), mistakes)
    own = {name: getattr(stated, name) for name in stated.model_fields_set}
    return profile.model_copy(update=own)


def _described(file: Path) -> dict[str, Any]:
    try:
        read = tomllib.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise StudyFileError(str(file), [Mistake("", f"cannot be read: {error.strerror}")]) from None
    except ValueError as error:
        raise StudyFileError(str(file), [Mistake("", f"is no TOML: {error}")]) from None
    wrong = [
        Mistake(name, f"is {shown(value)}, but should be a table, [{name}], that describes a cluster")
        for name, value in read.items()
        if not isinstance(value, dict)
    ]
    if wrong:
        raise StudyFileError(str(file), wrong)
    return read


def _listed(raw: Any) -> Any:
    """The table with its lists as the model has them."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in raw.items()}
