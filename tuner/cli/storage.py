"""`tuner storage`: making, checking, migrating and backing up the database of trials."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import click

from tuner.cli.options import find_root, find_storage, json_option, root_option, storage_option


@click.group()
def storage() -> None:
    """Make, check, migrate and back up the database that trials are kept in.

    \b
        tuner storage init
        tuner storage check --workers 16
        tuner storage migrate
        tuner storage backup last-night.db
    """


@storage.command()
@storage_option
@root_option
def init(storage: str | None, root: str | None) -> None:
    """Make the tables once, for a database that workers may then only use.

    A search makes them by itself where it may.
    """
    from tuner.actions.storage_init import init as make_tables

    done = make_tables(storage=find_storage(storage, find_root(root)))
    what = "has its tables now" if done.made else "has its tables already"
    click.echo(f"The storage {done.storage} {what} (version {done.version}).")


@storage.command()
@storage_option
@root_option
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    metavar="N",
    help="Say whether N workers can search in it at once, as this user; without it, whether trials can be looked at.",
)
@json_option
def check(storage: str | None, root: str | None, workers: int | None, as_json: bool) -> None:
    """Say what stands in the way of using the database, and change nothing.

    The exit code is 0 if nothing does, and 2 if it cannot be reached, or if tables, rights or connections are missing.
    """
    from tuner.actions.storage_check import check as look_at
    from tuner.errors import StorageError

    found = look_at(storage=find_storage(storage, find_root(root)), workers=workers)
    if as_json:
        import dataclasses
        import json

        click.echo(json.dumps(dataclasses.asdict(found), indent=2))
    else:
        lines = {"storage": found.storage, **found.facts}
        for name, fact in lines.items():
            click.echo(f"{name:<13}{fact}")
    if found.problems:
        raise StorageError("\n".join(f"storage {found.storage} {problem}" for problem in found.problems))


@storage.command()
@storage_option
@root_option
@click.option("--despite-running", is_flag=True, help="Go on although trials are said to be running.")
def migrate(storage: str | None, root: str | None, despite_running: bool) -> None:
    """Bring the tables of an older Optuna up to date.

    An SQLite file is copied before; on a server it is one transaction. Nothing may search meanwhile.
    """
    from tuner.actions.storage_migrate import migrate as bring_up_to_date

    done = bring_up_to_date(storage=find_storage(storage, find_root(root)), despite_running=despite_running)
    if done.before == done.after:
        click.echo(f"The storage {done.storage} is up to date (version {done.after}); nothing is to be done.")
        return
    click.echo(f"The storage {done.storage} is brought from version {done.before} to {done.after}.")
    if done.copy is not None:
        click.echo(f"As it was before it is kept in {done.copy}.")


@storage.command()
@click.argument("file", type=click.Path(path_type=Path))
@storage_option
@root_option
def backup(file: Path, storage: str | None, root: str | None) -> None:
    """Write all studies as they are at this moment into a new SQLite FILE, while searches go on.

    FILE is a storage itself: `--storage sqlite:///FILE` looks at it, and `tuner copy` brings it back. It has its name
    when it is whole, and nothing is overwritten.
    """
    from tuner.actions.storage_backup import backup as back_up
    from tuner.search.storage import masked

    url = find_storage(storage, find_root(root))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # else what is half-written would stay
    done = back_up(file, storage=url)
    studies = f"{done.studies} {'study' if done.studies == 1 else 'studies'}"
    click.echo(f"{done.file} has everything of {masked(url)}: {studies}, {done.size / 2**20:.1f} MB.")
