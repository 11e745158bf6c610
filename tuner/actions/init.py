"""Proposing a study file for a table, from a look at it."""

from __future__ import annotations

import os
import re
import tomllib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tuner.actions.study_text import study_text
from tuner.data.look import Look, look_at
from tuner.data.prepare_table import prepare_table
from tuner.errors import StudyError
from tuner.study.definition import StudyDefinition
from tuner.study.metrics import Task
from tuner.study.places import STUDIES, shown_path
from tuner.study.proposal import proposal_for
from tuner.study.read import read_study

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
MOST_PREPARED = 5_000_000
"""Tables of more cells are not prepared once more only to see whether they can be."""


@dataclass(frozen=True)
class Written:
    """A study file that was proposed.

    Attributes:
        path: where it lies, or would lie.
        text: what is in it.
        look: what was found.
        definition: what it says, checked as `tuner check` does.
        notes: what a search would say of how the rows are split.
    """

    path: Path
    text: str
    look: Look
    definition: StudyDefinition
    notes: tuple[str, ...] = ()


def init(
    paths: Sequence[str | Path],
    target: str | int | None = None,
    *,
    name: str | None = None,
    task: Task | None = None,
    test: Sequence[str | Path] = (),
    root: Path,
    force: bool = False,
    write: bool = True,
) -> Written:
    """Look at a table, and write the study file that it calls for.

    Args:
        paths: its files, from the working directory.
        target: the column to predict, by name or position: 1 is the first, -1 the last.
        name: the study's; after the first file if left out.
        task: what kind of target it is; None to go by its values.
        test: files of test rows.
        root: the project root, in whose `studies/` the file is written.
        force: whether a file that is there already is replaced.
        write: whether anything is written at all.
    Raises:
        StudyError: if the name cannot be, or there is such a file.
        DataError: if the table cannot be learned from; it names the columns if no target is stated.
    """
    study = study_name(paths[0]) if name is None else name
    path = root / STUDIES / f"{study}.toml"
    _check_name(study, stated=name is not None)
    if write and not force and path.exists():
        raise _there_already(path)
    files, tests = ([_from_root(each, root) for each in some] for some in (paths, test))
    stated = None if target is None else str(target)
    look, table = look_at(files, root=root, target=stated, task=task, test=tests)
    proposal = proposal_for(look.rows, look.inputs, test_file=bool(tests))
    text = study_text(look, proposal, name=study, paths=files, test=tests)
    shown = shown_path(path, Path.cwd())
    definition = read_study(tomllib.loads(text), source=shown, stem=study)
    notes: Sequence[str] = ()
    if table.x.size <= MOST_PREPARED:
        # What a search would stumble over is said now, and not once a file is there.
        forms = definition.forms.by_key
        notes = prepare_table(table, definition.data, seed=definition.seed, root=root, forms=forms).notes
    if write:
        _write(path, text, force=force)
    return Written(path, text, look, definition, tuple(notes))


def study_name(path: str | Path) -> str:
    """A study's name after a file.

    >>> study_name("data/Häuser 2024.csv.gz"), study_name("_.csv")
    ('Hauser-2024', 'study')
    """
    stem = Path(path).name.partition(".")[0] or Path(path).name
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9._-]+", "-", plain).lstrip("._-").rstrip("-") or "study"


def _check_name(name: str, *, stated: bool) -> None:
    if NAME.fullmatch(name) and not name.endswith(".toml") and len(name) <= 200:
        return
    way = f'; did you mean "{name.removesuffix(".toml")}"?' if name.endswith(".toml") else ""
    origin = "the name" if stated else "the file's name"
    raise StudyError(f'{origin} is "{name}", but should be of letters, digits, dots, dashes and underscores{way}')


def _from_root(path: str | Path, root: Path) -> str:
    """A path from the working directory as a study names it: from the root, or whole if it lies elsewhere."""
    whole = Path(os.path.abspath(path))
    if not whole.exists() and (root / path).exists():
        whole = root / path
    for start in (root, root.resolve()):
        if whole.is_relative_to(start):
            return str(whole.relative_to(start))
    return str(whole)


def _write(path: Path, text: str, *, force: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("w" if force else "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise _there_already(path) from None


def _there_already(path: Path) -> StudyError:
    return StudyError(f"{shown_path(path, Path.cwd())}: there is such a file already; --force replaces it")
