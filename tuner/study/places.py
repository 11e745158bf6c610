"""Where things lie: the project root, study files, sweep files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tuner.errors import StudyError, did_you_mean

STUDIES = "studies"
SWEEPS = "sweeps"


def project_root(stated: str | None, environment: Mapping[str, str], working_directory: Path) -> Path:
    """The folder that relative paths start from.

    The stated one, else `TUNER_ROOT`, else the nearest folder upward that has `studies/`, else the working directory.

    Raises:
        StudyError: if a stated root is no folder.
    """
    named = stated or environment.get("TUNER_ROOT")
    if named:
        root = _expanded(named)
        if not root.is_dir():
            origin = "--root" if stated else "TUNER_ROOT"
            raise StudyError(f"{origin} is {named}, which is no folder")
        return root.resolve()
    for folder in (working_directory, *working_directory.parents):
        if (folder / STUDIES).is_dir():
            return folder
    return working_directory


def study_files(root: Path) -> dict[str, Path]:
    """Every study file of a project by its study's name."""
    return _files(root, STUDIES)


def sweep_files(root: Path) -> dict[str, Path]:
    """Every sweep file of a project by its sweep's name."""
    return _files(root, SWEEPS)


def find_study_file(study: str, root: Path) -> Path:
    """The file of a study, by its name or by a path.

    Raises:
        StudyError: if there is none; it lists those there are.
    """
    return _find_file("study", study, root, STUDIES)


def find_sweep_file(sweep: str, root: Path) -> Path:
    """The file of a sweep, by its name or by a path.

    Raises:
        StudyError: if there is none; it lists those there are.
    """
    return _find_file("sweep", sweep, root, SWEEPS)


def _files(root: Path, folder: str) -> dict[str, Path]:
    return {path.stem: path for path in sorted((root / folder).glob("*.toml"))}


def _find_file(what: str, named: str, root: Path, folder: str) -> Path:
    if named.endswith(".toml") or "/" in named:
        if _is_file(path := _expanded(named)):
            return path
        with_suffix = f"{named}.toml"
        hint = f' Did you mean "{with_suffix}"?' if _is_file(_expanded(with_suffix)) else ""
        raise StudyError(f"there is no {what} file {named}.{hint}")
    known = _files(root, folder)
    if named in known:
        return known[named]
    if known:
        others = f"there are {', '.join(known)}"
    elif (root / folder).is_dir():
        others = f"there are none in {root / folder}"
    else:
        others = f"there is no folder {folder}/ here or above; go to a project, or name it with --root"
    raise StudyError(
        f'there is no {what} "{named}" (no file {folder}/{named}.toml); {others}.{did_you_mean(named, list(known))}'
    )


def shown_path(path: Path, working_directory: Path) -> str:
    """A path as a person would write it from where they are."""
    try:
        return str(path.resolve().relative_to(working_directory.resolve()))
    except ValueError:
        return str(path)


def _expanded(path: str) -> Path:
    """A path with its `~` resolved, where there is such a home."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long, or a folder that is closed
        return False
