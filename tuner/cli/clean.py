"""`tuner clean`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tuner.cli.options import complete_study, find_root, find_storage, root_option, storage_option, stored_name

if TYPE_CHECKING:
    from tuner.actions.retention import Retired


@click.command()
@storage_option
@root_option
@click.option("--older-than", default="30d", metavar="TIME", help="The age beyond which files go in any case; 30d.")
@click.option(
    "--keep",
    type=click.IntRange(1),
    metavar="N",
    help="Delete old generations of studies, too, and keep the newest N of each.",
)
@click.option("--study", shell_complete=complete_study, help="The only study whose generations --keep is for.")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
def clean(
    storage: str | None, root: str | None, older_than: str, keep: int | None, study: str | None, dry_run: bool
) -> None:
    """Remove what searches have left in the project's .tuner folder: checkpoints that nothing needs, and old logs.

    Checkpoints of trials that wait to go on are kept until they are old; without its checkpoint a trial starts over.
    With --keep, stored studies such as digits@2026-11-21 go, too, with their trials and files, if there are newer ones.

    \b
        tuner clean --dry-run
        tuner clean --older-than 7d
        tuner clean --keep 30
        tuner clean --keep 30 --study digits
    """
    from tuner.actions.clean import clean as remove_leftovers
    from tuner.errors import HyperparameterError, StudyError
    from tuner.study.durations import seconds_of

    try:
        seconds = seconds_of(older_than)
    except HyperparameterError as error:
        raise StudyError(f"--older-than {error.problem}") from None
    if study is not None and keep is None:
        raise click.UsageError("--study goes with --keep: it names the study whose old generations go.")
    folder = find_root(root)
    url = None if storage is None else find_storage(storage, folder)
    retired: list[Retired] = []
    if keep is not None:
        from tuner.actions.retention import retire_all

        name = None if study is None else stored_name(study)
        retired = retire_all(keep, study=name, root=folder, storage=url, remove=not dry_run)
        _show_retired(retired, dry_run=dry_run)
    found = remove_leftovers(root=folder, storage=url, older_seconds=seconds, remove=not dry_run)
    found = [each for each in found if not _is_in(each.path, retired)]
    for leftover in found:
        click.echo(f"{leftover.path.relative_to(folder)} {leftover.why}")
    size = sum(leftover.size for leftover in found) / 2**20
    click.echo(f"{len(found)} files, {size:.1f} MB {'would be removed' if dry_run else 'removed'}")


def _show_retired(retired: Sequence[Retired], *, dry_run: bool) -> None:
    for each in retired:
        click.echo(f"{each.name} ({each.trials} trials) {each.why}")
    gone = [each for each in retired if each.gone]
    trials, size = sum(each.trials for each in gone), sum(each.size for each in gone) / 2**20
    what = "would be deleted" if dry_run else "deleted"
    click.echo(f"{len(gone)} generations with {trials} trials, {size:.1f} MB {what}")


def _is_in(path: Path, retired: Sequence[Retired]) -> bool:
    """Whether a file goes with a generation already, as it does when nothing is removed."""
    return any(path.is_relative_to(each) for one in retired for each in one.files)
