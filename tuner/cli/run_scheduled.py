"""`tuner run-scheduled`, which calendars call and people need not."""

from __future__ import annotations

from pathlib import Path

import click

from tuner.cli.options import find_root, root_option


@click.command(hidden=True, context_settings={"ignore_unknown_options": True})
@click.argument("name")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@root_option
@click.option("--log", metavar="FILE", help="Where output is appended; else .tuner/logs/schedule/NAME.log.")
@click.option("--keep", type=click.IntRange(1), metavar="N", help="Of how many runs the log and the results tell; 30.")
def run_scheduled(name: str, command: tuple[str, ...], root: str | None, log: str | None, keep: int | None) -> None:
    """Run the COMMAND of a calendar's entry NAME, unless its last run still goes on; keep its output and its end.

    \b
        tuner run-scheduled nightly -- tuner search --study digits
    """
    import sys

    from tuner.cluster.calendars.places import KEEP_RUNS
    from tuner.cluster.calendars.scheduled_run import ENDED_WELL
    from tuner.cluster.calendars.scheduled_run import run_scheduled as run

    folder = find_root(root)
    file = None if log is None else Path(log).absolute()
    code = run(name, command, root=folder, log=file, keep=KEEP_RUNS if keep is None else keep)
    if code not in ENDED_WELL:
        # The one line that cron mails, and that systemd and Slurm keep beside the exit code.
        click.echo(f"tuner: {name} of {folder} ended with exit code {code}; its log says more", err=True)
    sys.exit(code)
