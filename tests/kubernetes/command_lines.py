"""Whether a command line is one of tuner's; nothing is run."""

from __future__ import annotations

from collections.abc import Sequence

import click

from tuner.cli.main import main


def check_command_line(words: Sequence[str]) -> None:
    """Read a command line as `tuner` would.

    Args:
        words: what follows `tuner`.
    Raises:
        click.ClickException: if there is no such command or option, or if something is missing.
    """
    command: click.Command = main
    context = click.Context(main, info_name="tuner")
    rest = list(words)
    while isinstance(command, click.Group):
        name, found, rest = command.resolve_command(context, rest)
        assert found is not None
        command = found
        context = click.Context(found, info_name=name, parent=context)
    command.make_context(command.name, rest)
