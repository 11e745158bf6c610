"""Logs: where they go and how much they say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import click

LEVELS = ("debug", "info", "warning", "error")


def log_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--log-file` and `--log-level`, for commands that may run unattended."""
    command = click.option(
        "--log-level", type=click.Choice(LEVELS), default="info", show_default=True, help="How much the log file says."
    )(command)
    return click.option("--log-file", metavar="FILE", help="Append a log of every trial to FILE.")(command)


@contextmanager
def logging_to(file: str | None, level: str) -> Iterator[None]:
    """Append what `tuner` logs to a file while the block runs; without a file there is no log.

    Raises:
        TunerError: if the file cannot be written to.
    """
    import logging

    from tuner.cli.log_file import LogFile

    # Without any handler Python would print warnings itself, and people are told of them already.
    handler = logging.NullHandler() if file is None else LogFile(file)
    logger = logging.getLogger("tuner")
    before = logger.level
    logger.setLevel(level.upper())
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
        with suppress(OSError):
            handler.close()
