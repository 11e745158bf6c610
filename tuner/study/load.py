"""Loading a study file: TOML, which is data and names no code."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from tuner.errors import Mistake, StudyError, StudyFileError
from tuner.study.definition import StudyDefinition
from tuner.study.places import find_study_file, shown_path
from tuner.study.read import read_study


def load_study(study: str, root: Path) -> StudyDefinition:
    """The study of a name or of a file.

    Args:
        study: `digits` for `studies/digits.toml` in the root, or a path that ends in `.toml`.
        root: the project root.
    Raises:
        StudyError: if there is no such file.
        StudyFileError: with every mistake in it.
    """
    path = find_study_file(study, root)
    source = shown_path(path, Path.cwd())
    return read_study(tables_in(path, source), source=source, stem=path.stem)


def tables_in(path: Path, source: str) -> dict[str, Any]:
    """What a TOML file says, as plain tables.

    Raises:
        StudyFileError: if it cannot be read, or is no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise StudyFileError(source, [Mistake("", f"is no TOML: {error}")]) from None
    except RecursionError:
        raise StudyFileError(source, [Mistake("", "is no file of ours: its lists are nested too deeply")]) from None
    except UnicodeDecodeError as error:
        raise StudyFileError(source, [Mistake("", f"is no UTF-8 text: byte {error.start} cannot be read")]) from None
    except ValueError as error:  # a whole number of thousands of digits
        raise StudyFileError(source, [Mistake("", f"is no TOML: {error}")]) from None
    except OSError as error:
        raise StudyFileError(source, [Mistake("", f"cannot be read: {error.strerror}")]) from None


def stated_storage(study: str, root: Path) -> str | None:
    """Where a study's own file says that its trials are kept; None if it does not say, or cannot be read.

    Nothing else of the file is checked, which can take seconds for a large space.
    """
    try:
        path = find_study_file(study, root)
        run = tables_in(path, str(path)).get("run")
    except (StudyError, StudyFileError):
        return None
    storage = run.get("storage") if isinstance(run, dict) else None
    return storage if isinstance(storage, str) else None
