"""A log file that never stands in a search's way."""

from __future__ import annotations

import logging
import sys

import click

from tuner.errors import TunerError


class LogFile(logging.FileHandler):
    """Appends lines to a file; when that fails it says so once, and the search goes on without its log.

    Raises:
        TunerError: if the file cannot be opened.
    """

    def __init__(self, file: str) -> None:
        try:
            super().__init__(file, encoding="utf-8")
        except OSError as error:
            raise TunerError(f"--log-file {file} cannot be written to: {error.strerror}") from None
        self._file = file
        self._failed = False
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line, unless an earlier one could not be written."""
        if not self._failed:
            super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802, the name is logging's
        """Say once what is wrong."""
        error = sys.exception()
        if not isinstance(error, OSError):
            super().handleError(record)
            return
        self._failed = True
        click.echo(f"--log-file {self._file} cannot be written to any more: {error.strerror}", err=True)
