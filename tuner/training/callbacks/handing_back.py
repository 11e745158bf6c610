"""What is left of a trial that is handed back."""

from __future__ import annotations

from collections.abc import Callable

import keras

from tuner.training.callbacks.reporting import Reporting
from tuner.training.job import End


class HandingBack(keras.callbacks.Callback):  # type: ignore[misc]
    """Has the trial's checkpoint written when it is handed back, before its best weights replace the present ones.

    Attributes:
        checkpoint: the file's path; None without one.
    """

    def __init__(self, reporting: Reporting, write: Callable[[], str | None]) -> None:
        """Args: write: writes the checkpoint; the file's path, or None if it could not."""
        super().__init__()
        self.checkpoint: str | None = None
        self._reporting = reporting
        self._write = write

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if self._reporting.end is End.HANDED_BACK:
            self.checkpoint = self._write()
