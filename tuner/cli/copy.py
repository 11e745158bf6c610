"""`tuner copy`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tuner.cli.options import complete_study, find_root, find_storage, root_option, stored_name

if TYPE_CHECKING:
    from tuner.search.storage import StorageUrl


@click.command()
@click.option("--study", help="The study's name; without it every study is copied.", shell_complete=complete_study)
@click.option("--from", "source", metavar="URL", help="Where it is; else the storage that other commands use.")
@click.option("--from-file", "source_file", metavar="FILE", help="A file of mode 600 with that URL.")
@click.option("--to", "target", metavar="URL", help="Where it is to be; made if it is not there.")
@click.option("--to-file", "target_file", metavar="FILE", help="A file of mode 600 with that URL.")
@click.option("--as", "name", metavar="NAME", help="The copy's name; else the study's own.")
@root_option
def copy(
    study: str | None,
    source: str | None,
    source_file: str | None,
    target: str | None,
    target_file: str | None,
    name: str | None,
    root: str | None,
) -> None:
    """Copy a stored study, or all of them, from one storage to another.

    Every trial is copied with all that is stored of it; one that is being trained waits in the copy. If anything goes
    wrong, or on Ctrl-C, nothing is copied. The source stays as it is.

    \b
        tuner copy --to sqlite:///backup.db
    """
    if source is not None and source_file is not None:
        raise click.UsageError("--from and --from-file name the same thing; leave one out.")
    if (target is None) == (target_file is None):
        raise click.UsageError("Name the storage to copy to, either with --to or with --to-file.")
    if name is not None and study is None:
        raise click.UsageError("--as gives one copy another name; say which study with --study.")
    from tuner.actions.copy import copy as copy_study

    folder = find_root(root)
    from_url = _stated(source, source_file, "--from") or find_storage(None, folder, study)
    copied = copy_study(
        None if study is None else stored_name(study),
        source=from_url,
        target=_stated(target, target_file, "--to"),
        name=name,
        on_study=lambda each, trials: click.echo(f"{each}: {_count(trials)}", err=True),
    )
    for each in copied:
        under = "" if each.copy == each.study else f' as "{each.copy}"'
        click.echo(f'The study "{each.study}" is copied{under}: {_count(each.trials)}{_waiting(each.waiting)}.')


def _stated(url: str | None, file: str | None, option: str) -> StorageUrl | None:
    """The storage that an option names, or the file that another one does; None if neither does."""
    from tuner.search.storage import public_url, url_in_file

    if file is not None:
        return url_in_file(file, f"{option}-file")
    if url is not None:
        return public_url(url, option, f"put the URL into a file of mode 600 and name that with {option}-file")
    return None


def _count(trials: int) -> str:
    return f"{trials} trial{'' if trials == 1 else 's'}"


def _waiting(trials: int) -> str:
    """What has become of running trials, if there were any."""
    if not trials:
        return ""
    was, waits = ("was", "waits") if trials == 1 else ("were", "wait")
    return f", {trials} of which {was} being trained and {waits} in the copy"
