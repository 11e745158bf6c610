"""Loading a sweep file, and the study files that it names."""

from __future__ import annotations

from pathlib import Path

from tuner.study.load import tables_in
from tuner.study.places import find_study_file, find_sweep_file, shown_path
from tuner.study.read import read_study
from tuner.study.sweeps.definition import SweepDefinition
from tuner.study.sweeps.read import BaseStudy, read_sweep


def load_sweep(sweep: str, root: Path) -> SweepDefinition:
    """The sweep of a name or of a file.

    Args:
        sweep: `nightly` for `sweeps/nightly.toml` in the root, or a path that ends in `.toml`.
        root: the project root.
    Raises:
        StudyError: if there is no such file.
        StudyFileError: with every mistake in it, those of the study files that it names among them.
    """
    path = find_sweep_file(sweep, root)
    source = shown_path(path, Path.cwd())
    known: dict[Path, BaseStudy] = {}

    def base_study(name: str) -> BaseStudy:
        file = find_study_file(name, root)
        if file not in known:
            told = shown_path(file, Path.cwd())
            tables = tables_in(file, told)
            known[file] = BaseStudy(file, tables, read_study(tables, source=told, stem=file.stem))
        return known[file]

    return read_sweep(tables_in(path, source), source=source, stem=path.stem, base_study=base_study)
