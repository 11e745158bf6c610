"""SVG as text: made small, and compared."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

_LONG_NUMBER = re.compile(r"-?\d+\.\d{2,}")
_TAG = re.compile(r"<[^>]*>")
_NUMBER = re.compile(r"(?<![\w#])-?\d+(?:\.\d+)?")
_MADE_ID = re.compile(r"\b[mp][0-9a-f]{10}\b")
_STYLE = re.compile(r' style="([^"]*)"')
GRID = "#e5e5e5"
"""The color of the grid."""

_SHEET = "*{stroke-linejoin: round; stroke-linecap: butt}"


def small(drawn: str) -> str:
    """What matplotlib has written as SVG, with the same look and in a third of the space."""
    # A tenth of a point is finer than a screen shows.
    drawn = _TAG.sub(lambda tag: _LONG_NUMBER.sub(_rounded, tag[0]), drawn)
    # Behind an M further points of a path without curves need no L, and what is turned by nothing no transform.
    drawn = re.sub(r' d="[^"C]*"', lambda path: path[0].replace(" \nL ", "\n"), drawn)
    drawn = re.sub(r' transform="rotate\(-?0 [^"]*"', "", drawn)
    # Nobody refers to groups. Clips and markers are referred to, and their names depend on the last digits of numbers.
    drawn = _without_groups(re.sub(r' id="[\w.]+_\d+"', "", re.sub(r'<g id="[^"]*"/>', "", drawn)))
    names: dict[str, str] = {}
    drawn = _MADE_ID.sub(lambda name: names.setdefault(name[0], f"{name[0][0]}{len(names)}"), drawn)
    # A grid ends where its panel does.
    drawn = re.sub(rf' clip-path="[^"]*"(?= style="[^"]*{GRID})', "", drawn)
    # What many elements have alike is said once.
    often = [style for style, count in Counter(_STYLE.findall(drawn)).items() if count > 1]
    classes = {style: f"c{number}" for number, style in enumerate(often)}
    drawn = _STYLE.sub(lambda found: f' class="{classes[found[1]]}"' if found[1] in classes else found[0], drawn)
    rules = [_SHEET, *(f".{name}{{{style}}}" for style, name in classes.items())]
    assert _SHEET in drawn
    drawn = drawn.replace(_SHEET, "\n".join(rules))
    return "".join(f"{line.strip()}\n" for line in drawn.splitlines() if line.strip())


def _rounded(number: re.Match[str]) -> str:
    return f"{round(float(number[0]), 1) + 0.0:g}"


def _without_groups(drawn: str) -> str:
    """Without the groups that say nothing."""
    kept, says = [], []
    for part in re.split(r"(</?g\b[^>]*>)", drawn):
        if part.startswith("<g"):
            says.append(part != "<g>")
        if not part.startswith(("<g", "</g")) or says[-1]:
            kept.append(part)
        if part.startswith("</g"):
            says.pop()
    return "".join(kept)


def same_picture(one: str, other: str, tolerance: float = 0.5) -> bool:
    """Whether two SVG files show the same: all is alike but for numbers within tags, which differ by so many points."""
    first, second = _places(one), _places(other)
    if first.rest != second.rest:
        return False
    return all(abs(a - b) <= tolerance for a, b in zip(first.numbers, second.numbers, strict=True))


class _Places(NamedTuple):
    """The numbers within an SVG file's tags, and all the rest."""

    numbers: list[float]
    rest: str


def _places(drawn: str) -> _Places:
    numbers = [float(number) for tag in _TAG.findall(drawn) for number in _NUMBER.findall(tag)]
    return _Places(numbers, _TAG.sub(lambda tag: _NUMBER.sub("0", tag[0]), drawn))
