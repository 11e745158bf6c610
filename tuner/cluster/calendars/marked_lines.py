"""Lines of ours among somebody's own: each entry stands between two comments that name it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tuner.errors import CalendarError

_MARK = re.compile(r"# tuner: (begin|end) (\S+) in (.+)")


@dataclass(frozen=True)
class Block:
    """An entry's lines.

    Attributes:
        name: the entry's.
        root: its project's root.
        start: the number of the line of its first comment, from 0.
        end: the number of the line after its last comment.
        lines: what stands between the two, each with its line break.
    """

    name: str
    root: Path
    start: int
    end: int
    lines: tuple[str, ...]


def marked(name: str, root: Path, lines: list[str]) -> str:
    """Lines between the two comments of their entry."""
    return "".join(
        f"{line}\n" for line in [f"# tuner: begin {name} in {root}", *lines, f"# tuner: end {name} in {root}"]
    )


def blocks(text: str, where: str) -> list[Block]:
    """Every entry of ours.

    Args:
        text: all lines.
        where: what they are, for an error.
    Raises:
        CalendarError: if a comment stands without its other one.
    """
    found: list[Block] = []
    begun: tuple[str, str, int] | None = None
    lines = _lines(text)
    for number, line in enumerate(lines):
        mark = _MARK.fullmatch(line.rstrip("\r\n"))
        if mark is None:
            continue
        kind, name, root = mark.groups()
        if (kind == "begin") != (begun is None) or (begun is not None and begun[:2] != (name, root)):
            raise _not_as_left(where, number if begun is None else begun[2])
        if begun is None:
            begun = (name, root, number)
        else:
            start = begun[2]
            found.append(Block(name, Path(root), start, number + 1, tuple(lines[start + 1 : number])))
            begun = None
    if begun is not None:
        raise _not_as_left(where, begun[2])
    return found


def _not_as_left(where: str, number: int) -> CalendarError:
    return CalendarError(
        f'{where}, line {number + 1}: "# tuner: begin" and "# tuner: end" do not go together any more; mend or remove '
        "these lines by hand, nothing has been changed"
    )


def with_block(text: str, name: str, root: Path, block: str, where: str) -> str:
    """The text with an entry's lines in their place, or at the end if it had none.

    Args:
        text: all lines.
        name: the entry's.
        root: its project's root.
        block: its lines, from `marked`; nothing takes it out.
        where: what the text is, for an error.
    Raises:
        CalendarError: if the entry stands there twice, or comments are not as they were left.
    """
    own = [each for each in blocks(text, where) if each.name == name and each.root == root]
    if len(own) > 1:
        places = " and ".join(f"{each.start + 1}" for each in own)
        raise CalendarError(
            f"{where} has the entry {name} of {root} twice, in lines {places}; remove one of the two by hand, nothing "
            "has been changed"
        )
    lines = _lines(text)
    if own:
        return "".join([*lines[: own[0].start], block, *lines[own[0].end :]])
    if block and lines and not lines[-1].endswith("\n"):
        return f"{text}\n{block}"
    return text + block


def _lines(text: str) -> list[str]:
    """Lines with their breaks; only a line feed ends one, whatever else Python takes for a break."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)
