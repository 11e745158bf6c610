"""The pictures of the pages: drawn by the code as it is now, small, and all of them shown."""

from __future__ import annotations

import re

import pytest

from scripts.docs_parts.plots import PLOTS
from scripts.docs_parts.plots.style import svg
from scripts.docs_parts.plots.text import same_picture
from tests.docs.pages import PAGES, ROOT, prose

FOLDER = ROOT / "docs" / "plots"
SHOWN = [shown for page in PAGES for shown in re.findall(r"!\[([^\]]*)\]\(([^)\s]+)\)", prose(page))]


@pytest.mark.parametrize("plot", PLOTS)
def test_the_picture_shows_what_the_code_does(plot: str) -> None:
    assert same_picture((FOLDER / f"{plot}.svg").read_text(encoding="utf-8"), svg(PLOTS[plot])), "run scripts/docs"


@pytest.mark.parametrize("plot", PLOTS)
def test_the_picture_is_a_small_file_with_a_white_ground_and_texts(plot: str) -> None:
    written = (FOLDER / f"{plot}.svg").read_text(encoding="utf-8")
    assert len(written.encode()) <= 20_000
    assert ".c0{fill: #ffffff}" in written
    assert "<text " in written
    assert "<dc:date>" not in written


def test_every_picture_is_drawn_and_shown_once_with_words_for_who_cannot_see_it() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(f"{plot}.svg" for plot in PLOTS)
    assert sorted(target for _, target in SHOWN) == sorted(f"plots/{plot}.svg" for plot in PLOTS)
    assert all(len(words) > 20 for words, _ in SHOWN)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ('<path d="M 1.3 2" class="c1"/>0.95', True),
        ('<path d="M 1.6 2" class="c1"/>0.95', False),
        ('<path d="M 1 2" class="c2"/>0.95', False),
        ('<path d="M 1 2 3 4" class="c1"/>0.95', False),
        ('<path d="M 1 2" class="c1"/>0.9', False),
    ],
)
def test_pictures_are_the_same_if_only_their_places_differ_a_little(other: str, same: bool) -> None:
    assert same_picture('<path d="M 1 2" class="c1"/>0.95', other) is same
