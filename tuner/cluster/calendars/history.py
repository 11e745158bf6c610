"""How the last runs of an entry went: a line for each in a file that does not grow for ever.

The very last one is in a file of its own (`last_result.py`), which the next run moves to the end of this one before it
begins. So no run is missed that was cut off, by a power cut or `kill -9`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tuner.cluster.calendars.last_result import LastResult, last_result, read_result, result_of, tree_of, write_whole
from tuner.cluster.calendars.places import SchedulePlaces
from tuner.errors import CalendarError


def results(root: Path, name: str) -> list[LastResult]:
    """How the last runs of an entry went, the newest last; one that goes on is the last of them.

    Args:
        root: the project root.
        name: the entry's.
    Raises:
        CalendarError: if a file is not as runs leave it.
    """
    # The last one first: a run that begins in between has moved it, and it is found in both places.
    last = last_result(root, name)
    path = SchedulePlaces(root, name).history
    try:
        earlier = list(_read(path))
    except (ValueError, TypeError, KeyError):
        raise CalendarError(f"{path} is not as runs leave it; remove it, and the next run begins another") from None
    if last is None:
        return earlier
    return [*(each for each in earlier if not _is_same(each, last)), last]


def remember_last(places: SchedulePlaces, keep: int) -> None:
    """Move the last result to the end of the history, before another takes its place.

    Args:
        places: the entry's, whose lock is held.
        keep: how many results stay, that of the run which is about to begin among them; 1 or more.
    """
    there: list[LastResult] | None = None
    with suppress(ValueError, TypeError, KeyError):  # what is damaged begins anew
        there = list(_read(places.history))
    last = None
    with suppress(CalendarError):
        last = read_result(places.result)
    kept = there or []
    if last is not None and not (kept and _is_same(kept[-1], last)):
        kept = [*kept, last]
    kept = kept[-(keep - 1) :] if keep > 1 else []
    if kept == there:
        return
    write_whole(places.history, "".join(f"{json.dumps(tree_of(each))}\n" for each in kept))


def _read(path: Path) -> Iterator[LastResult]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        yield result_of(json.loads(line))


def _is_same(one: LastResult, other: LastResult) -> bool:
    """Whether two results are of one run; one of them may have been told before it ended."""
    return (one.begun, one.host, one.pid) == (other.begun, other.host, other.pid)
