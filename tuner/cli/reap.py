"""`tuner reap`."""

from __future__ import annotations

import click

from tuner.cli.options import find_root, find_storage, root_option, storage_option, stored_name, study_option


@click.command()
@study_option
@storage_option
@root_option
@click.option("--grace", default="2m", metavar="TIME", help="How long ago a worker may have been heard of; 2m.")
@click.option("--all", "everything", is_flag=True, help="Take every running trial; only if no worker is alive.")
def reap(study: str, storage: str | None, root: str | None, grace: str, everything: bool) -> None:
    """Put the running trials of lost workers of a STUDY back into the queue.

    Searches do this by themselves; this is for a look in between, or when nobody searches any more. A worker that
    turns out to be alive drops what has been taken from it and goes on with something else.

    \b
        tuner reap --study digits
    """
    from tuner.actions.reap import reap as take_from_the_lost
    from tuner.errors import HyperparameterError, StudyError
    from tuner.study.durations import seconds_of

    try:
        seconds = seconds_of(grace)
    except HyperparameterError as error:
        raise StudyError(f"--grace {error.problem}") from None
    url = find_storage(storage, find_root(root), study)
    given = take_from_the_lost(stored_name(study), storage=url, grace_seconds=seconds, everything=everything)
    for each in given:
        what = "has been lost too often and is given up" if each.failed else "waits for a worker"
        click.echo(f"trial {each.number} {what}")
    if not given:
        click.echo("No running trial belongs to a lost worker.")
