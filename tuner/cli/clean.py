"""`tuner clean`."""

from __future__ import annotations

import click

from tuner.cli.options import find_root, find_storage, root_option, storage_option


@click.command()
@storage_option
@root_option
@click.option("--older-than", default="30d", metavar="TIME", help="The age beyond which files go in any case; 30d.")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
def clean(storage: str | None, root: str | None, older_than: str, dry_run: bool) -> None:
    """Remove what searches have left in the project's .tuner folder: checkpoints that nothing needs, and old logs.

    Checkpoints of trials that wait to go on are kept until they are old; without its checkpoint a trial starts over.

    \b
        tuner clean --dry-run
        tuner clean --older-than 7d
    """
    from tuner.actions.clean import clean as remove_leftovers
    from tuner.errors import HyperparameterError, StudyError
    from tuner.study.durations import seconds_of

    try:
        seconds = seconds_of(older_than)
    except HyperparameterError as error:
        raise StudyError(f"--older-than {error.problem}") from None
    folder = find_root(root)
    found = remove_leftovers(
        root=folder,
        storage=None if storage is None else find_storage(storage, folder),
        older_seconds=seconds,
        remove=not dry_run,
    )
    for leftover in found:
        click.echo(f"{leftover.path.relative_to(folder)} {leftover.why}")
    size = sum(leftover.size for leftover in found) / 2**20
    what = "would be removed" if dry_run else "removed"
    click.echo(f"{len(found)} files, {size:.1f} MB {what}")
