"""Writes the references in docs/ and the pictures in docs/plots/; with --check it only says whether that is due."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from scripts.docs_parts.pages import FOLDER, pages


def due() -> Iterator[tuple[Path, str]]:
    """Each file that is not as it should be, and how it should be."""
    for path, text in pages():
        if path.read_text(encoding="utf-8") != text:
            yield path, text
    # Some seconds' worth of libraries, after what needs none of them.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from scripts.docs_parts.plots import PLOTS
    from scripts.docs_parts.plots.style import svg
    from scripts.docs_parts.plots.text import same_picture

    for name, draw in PLOTS.items():
        path = FOLDER / "plots" / f"{name}.svg"
        drawn = svg(draw)
        # Other machines round otherwise, which is no reason to write a picture again.
        if not path.exists() or not same_picture(path.read_text(encoding="utf-8"), drawn):
            yield path, drawn


def main() -> None:
    """Write what is due, or with --check only name it."""
    files = dict(due())
    names = ", ".join(str(path.relative_to(FOLDER.parent)) for path in files)
    if not files:
        print("docs/ is in step with the code")
    elif "--check" in sys.argv[1:]:
        sys.exit(f"not in step with the code: {names}; run scripts/docs")
    else:
        for path, text in files.items():
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        print(f"written: {names}")


if __name__ == "__main__":
    main()
