"""The pages that have a part which scripts/docs writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from scripts.docs_parts import tables
from scripts.docs_parts.rooms import ROOMS, misplaced

FOLDER = Path(__file__).parents[2] / "docs"
BEGIN = "<!-- settings: written by scripts/docs out of the code, and held in step by a test -->\n"
END = "<!-- /settings -->\n"


def pages() -> Iterator[tuple[Path, str]]:
    """Each such page, and what it should say.

    Raises:
        ValueError: if a hyperparameter is not in exactly one room.
    """
    if problems := misplaced():
        raise ValueError("; ".join(problems))
    written: Mapping[str, Iterator[str]] = {
        "study-files.md": tables.study_file(),
        "sweeps.md": tables.sweep_file(),
        **{page: tables.room(page) for page in ROOMS},
    }
    for name, lines in written.items():
        path = FOLDER / name
        yield path, with_reference(path.read_text(encoding="utf-8"), lines)


def with_reference(page: str, lines: Iterator[str]) -> str:
    """A page with these lines as its reference."""
    before, rest = page.split(BEGIN)
    return before + BEGIN + "\n" + "\n".join(lines) + "\n" + END + rest.split(END)[1]
