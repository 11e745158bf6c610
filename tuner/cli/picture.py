"""A picture on a terminal that is drawn anew a few times a second, with lines of text above it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live


class Picture(ABC):
    """Something that is drawn while a block runs."""

    _live: Live | None = None
    _stopping: str = ""

    @abstractmethod
    def drawn(self) -> RenderableType:
        """The picture as it is now."""

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Draw while the block runs; the last picture is wiped away, since a summary follows."""
        from rich.console import Console
        from rich.live import Live

        console = Console(stderr=True)
        with Live(get_renderable=self.drawn, console=console, refresh_per_second=4, transient=True) as self._live:
            yield

    @property
    def width(self) -> int | None:
        """Columns of the terminal; None as long as nothing is shown."""
        return None if self._live is None else self._live.console.width

    def stopping(self, text: str) -> None:
        """Say in the picture that the end is being waited for."""
        self._stopping = text

    def print_above(self, text: str) -> None:
        """Print a line that stays, above the picture."""
        if self._live is not None:
            self._live.console.print(text, highlight=False, markup=False)
