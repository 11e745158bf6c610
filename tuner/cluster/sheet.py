"""A worker's sheet: the file where it says that it has begun and how it has left, and is itself asked to leave.

For batch systems of which nobody here knows how they would tell. The file lies in the project folder, which all nodes
see, as the logs do.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tuner.errors import SearchError, TunerError

SHEET = "TUNER_SHEET"
"""The variable of a worker's environment that names its sheet."""

LOOK_SECONDS = 2.0
"""How often a worker looks whether it is asked to leave."""

FAILED, BAD_INPUT = 1, 2


@dataclass(frozen=True)
class Said:
    """What a worker has said.

    Attributes:
        begun: whether it has begun.
        status: its exit status once it has left.
        again: whether it has left because its time was over, and another one may go on in its place.
    """

    begun: bool = False
    status: int | None = None
    again: bool = False


class Sheet:
    """The sheet of one worker."""

    def __init__(self, path: Path) -> None:
        """A sheet that may not be there yet.

        Args:
            path: of the file; beside it lies another one, of the same name and `.leave`, once the worker is asked to.
        """
        self.path = path
        self._leave = path.with_name(f"{path.name}.leave")

    def renew(self) -> None:
        """Nothing has been said, and nothing asked; for a worker that is about to be queued."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._leave.unlink(missing_ok=True)
        self.path.write_text("", encoding="utf-8")

    @property
    def is_there(self) -> bool:
        """Whether somebody has queued this worker, and nobody has removed its sheet since."""
        return self.path.exists()

    def said(self) -> Said:
        """What the worker has said until now."""
        stated = self._stated()
        return Said(bool(stated.get("begun")), stated.get("status"), bool(stated.get("again")))

    def say(self, **stated: Any) -> None:
        """Say something more; what cannot be written is not said, since a worker has better things to do than fail."""
        with suppress(OSError):
            self.path.write_text(json.dumps({**self._stated(), **stated}), encoding="utf-8")

    def begin(self) -> None:
        """Say that the worker has begun, and nothing else: a batch system may have started it once more."""
        with suppress(OSError):
            self.path.write_text(json.dumps({"begun": True}), encoding="utf-8")

    def ask_to_leave(self) -> None:
        """Ask the worker to leave, now or as soon as it begins."""
        self._leave.touch()

    @property
    def is_asked(self) -> bool:
        """Whether the worker is asked to leave."""
        return self._leave.exists()

    def _stated(self) -> dict[str, Any]:
        # Who reads while the worker writes sees half of it, and the rest at the next look.
        with suppress(OSError, ValueError):
            read = json.loads(self.path.read_text(encoding="utf-8"))
            return read if isinstance(read, dict) else {}
        return {}


def own_sheet(environment: Mapping[str, str] = os.environ) -> Sheet | None:
    """The sheet of this worker; None where nobody wants one."""
    path = environment.get(SHEET)
    return Sheet(Path(path)) if path else None


def on_wish(leave: Callable[[], None], environment: Mapping[str, str] = os.environ) -> None:
    """Have something called, in a thread, once this worker is asked to leave.

    Args:
        leave: what is called; never, if the worker has no sheet.
        environment: where the sheet is named.
    """
    sheet = own_sheet(environment)
    if sheet is not None:
        threading.Thread(target=_wait, args=(sheet, leave, threading.Event()), daemon=True).start()


def _wait(sheet: Sheet, leave: Callable[[], None], never: threading.Event) -> None:
    while not sheet.is_asked:
        never.wait(LOOK_SECONDS)
    leave()


@contextmanager
def signed(environment: Mapping[str, str] = os.environ) -> Iterator[None]:
    """Say on this worker's sheet, if it has one, that it begins, and how it leaves the block."""
    sheet = own_sheet(environment)
    if sheet is None:
        yield
        return
    sheet.begin()
    status = FAILED
    try:
        yield
        status = 0
    except SystemExit as left:
        status = left.code if isinstance(left.code, int) else FAILED if left.code else 0
        raise
    except TunerError as error:
        status = FAILED if isinstance(error, SearchError) else BAD_INPUT
        raise
    finally:
        sheet.say(status=status)
