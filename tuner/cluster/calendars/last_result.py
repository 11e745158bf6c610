"""How the last run of an entry went, in a small file that outlives it."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from tuner.cluster.calendars.places import SchedulePlaces
from tuner.cluster.calendars.run_lock import is_held
from tuner.errors import CalendarError

State = Literal["running", "ended", "lost"]


@dataclass(frozen=True)
class LastResult:
    """The last run of an entry.

    Attributes:
        name: the entry's.
        command: what was run.
        host: the machine.
        pid: the wrapper's process there.
        begun: when, with its time zone.
        ended: when; None if it goes on, or was cut off.
        exit_code: what the command left with; 128 and the signal's number if it was killed, 127 if it was not found;
            None as long as it has not ended.
        running: whether it goes on.
    """

    name: str
    command: tuple[str, ...]
    host: str
    pid: int
    begun: datetime
    ended: datetime | None = None
    exit_code: int | None = None
    running: bool = False

    @property
    def state(self) -> State:
        """`running`, `ended`, or `lost`: cut off by a power cut or `kill -9`, so that nobody knows how it ended."""
        if self.ended is not None:
            return "ended"
        return "running" if self.running else "lost"


def last_result(root: Path, name: str) -> LastResult | None:
    """How the last run of an entry went; None if there was none.

    Args:
        root: the project root.
        name: the entry's.
    Raises:
        CalendarError: if the file is not as a run leaves it.
    """
    places = SchedulePlaces(root, name)
    # Looked at before the file: a run that ends in between is told as ended.
    running = is_held(places.lock)
    result = read_result(places.result)
    return result and replace(result, running=running and result.ended is None)


def read_result(path: Path) -> LastResult | None:
    """What the file says; None if there is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        return result_of(json.loads(text))
    except (ValueError, TypeError, KeyError):
        raise CalendarError(f"{path} is not as a run leaves it; remove it, the next run writes another") from None


def write_result(path: Path, result: LastResult) -> None:
    """Write the file so that whoever reads it finds all of it, whatever happens meanwhile."""
    write_whole(path, json.dumps(tree_of(result), indent=2) + "\n")


def write_whole(path: Path, text: str) -> None:
    """Have a file hold a text, so that after a crash it holds either that or what it held before."""
    beside = path.with_name(f"{path.name}.new")
    with beside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def tree_of(result: LastResult) -> dict[str, Any]:
    """A result as a plain tree, without what is only true at the moment."""
    tree: dict[str, Any] = asdict(result) | {"begun": result.begun.isoformat()}
    tree["ended"] = None if result.ended is None else result.ended.isoformat()
    del tree["running"]
    return tree


def result_of(tree: dict[str, Any]) -> LastResult:
    """A result out of its tree.

    Raises:
        ValueError, TypeError, KeyError: if it is none.
    """
    command: Sequence[str] = tree["command"]
    ended = tree["ended"]
    return LastResult(
        name=tree["name"],
        command=tuple(command),
        host=tree["host"],
        pid=tree["pid"],
        begun=datetime.fromisoformat(tree["begun"]),
        ended=None if ended is None else datetime.fromisoformat(ended),
        exit_code=tree["exit_code"],
    )
