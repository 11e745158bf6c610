"""A drawing into a file, the kind of which its suffix tells."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from tuner.errors import TunerError, did_you_mean, listed
from tuner.report.schedule_plots.drawing import Drawing
from tuner.report.schedule_plots.image import draw_png, draw_svg
from tuner.report.schedule_plots.page import draw_page

WRITERS: Mapping[str, Callable[[Drawing], bytes]] = {".html": draw_page, ".png": draw_png, ".svg": draw_svg}
"""What draws the content of a file, by its suffix."""


def save(drawing: Drawing, path: str | Path) -> None:
    """Write a drawing to a file, wholly or not at all; a file that is there is replaced.

    Args:
        drawing: what to show.
        path: the file; its suffix says which kind: .html, .png or .svg.
    Raises:
        TunerError: if the suffix is another one, the library for it is not installed, or the file cannot be written.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in WRITERS:
        known = list(WRITERS)
        found = f'ends in "{path.suffix}"' if suffix else "has no suffix"
        hint = did_you_mean(suffix, known)
        raise TunerError(f"{path}: the name of the file {found}, but should end in {listed(known)}.{hint}")
    _replace(path, WRITERS[suffix](drawing))


def _replace(path: Path, content: bytes) -> None:
    """Put a whole new content into the place of a file."""
    temporary = path.parent / f".{secrets.token_hex(8)}.part"
    try:
        try:
            temporary.write_bytes(content)
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise TunerError(
            f"{path}: cannot be written ({error.strerror}); name a file in a folder that is there and that you may "
            "write to"
        ) from error
