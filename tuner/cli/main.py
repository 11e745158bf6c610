"""The command `tuner` and the table of its commands."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from io import TextIOWrapper
from typing import Any

import click

from tuner import __version__
from tuner.errors import SearchError, TunerError

COMMANDS: Mapping[str, str] = {
    "init": "Look at a table, and write a study file that suits it.",
    "search": "Search a study's hyperparameters until its budget is spent.",
    "show": "Show what a study, or one of its trials, has come to.",
    "studies": "List study files and stored studies.",
    "check": "Check a study file, and prove its space at every corner.",
    "schedule": "Draw schedules, before a search is spent on them.",
    "dashboard": "Look at trials in the browser, with optuna-dashboard.",
    "watch": "Follow the workers that a study has on a cluster.",
    "stop": "Ask the workers that a study has on a cluster to leave.",
    "sweep": "Search several studies as one, now or by the calendar.",
    "worker": "Run one worker of a study that is there already.",
    "copy": "Copy a stored study, or all of them, to another storage.",
    "storage": "Make, check, migrate and back up the database of trials.",
    "reap": "Put the trials of lost workers back into the queue.",
    "clean": "Remove checkpoints and logs that nothing needs.",
    "delete": "Delete a stored study and all of its trials.",
    "schema": "Print the JSON Schema of a study file.",
}
"""Every command and what it does; each lives in the file of its name, which is loaded when it is called."""

HIDDEN: Mapping[str, str] = {
    "run-scheduled": "run_scheduled",
}
"""Commands that programs call and people need not, and the file of each."""


class Refusal(click.ClickException):
    """A mistake that a person can mend, as one message and an exit code."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        """The message alone: it says where and what."""
        del file
        click.echo(self.message, err=True)


class Failure(Refusal):
    """A search that could not go on."""

    exit_code = 1


class Commands(click.Group):
    """Loads a command when it is needed, so that `tuner --help` reads none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS and cmd_name not in HIDDEN:
            return None
        file = HIDDEN.get(cmd_name, cmd_name)
        command = getattr(import_module(f"tuner.cli.{file}"), file)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in {*COMMANDS, *HIDDEN} and not args[0].startswith("-"):
            from tuner.errors import did_you_mean

            ctx.fail(f'there is no command "{args[0]}".{did_you_mean(args[0], list(COMMANDS))}')
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except TunerError as error:
            refusal = Failure if isinstance(error, SearchError) else Refusal
            raise refusal(str(error)) from error
        except KeyboardInterrupt:
            ctx.exit(130)

    def main(self, *arguments: Any, **settings: Any) -> Any:
        try:
            try:
                return super().main(*arguments, **settings)
            finally:
                sys.stdout.flush()
        except BrokenPipeError:
            raise  # whoever reads has seen enough; click ends quietly
        except OSError as error:
            _drop_output()
            where = error.filename or "the output cannot be written"
            click.echo(f"{where}: {error.strerror}", err=True)
            sys.exit(Refusal.exit_code)


def _drop_output() -> None:
    """Send what is still to be printed nowhere, or Python would fail over it once more when it ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="tuner %(version)s")
def main() -> None:
    """Hyperparameter search for Keras MLPs, built on Optuna.

    A study file says what may vary; `tuner search --study digits` finds good values, keeps every trial in a database,
    and can be stopped and started at any time.
    """
    if isinstance(sys.stdout, TextIOWrapper):
        # A terminal without UTF-8 shows what it lacks as an escape, as it does in errors; a name there is no mistake.
        sys.stdout.reconfigure(errors="backslashreplace")
