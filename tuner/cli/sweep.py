"""`tuner sweep`: several studies that are searched as one, now or by the calendar."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from tuner.cli.logs import log_options
from tuner.cli.options import find_root, json_option, root_option, storage_option

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tuner.actions.sweeps.observer import SweepObserver
    from tuner.search.stop import StopReason
    from tuner.search.storage import StorageUrl
    from tuner.study.sweeps.definition import SweepDefinition


def complete_sweep(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The names of the project's sweep files, for shell completion."""
    from tuner.errors import TunerError
    from tuner.study.places import sweep_files

    del parameter
    try:
        return [name for name in sweep_files(find_root(context.params.get("root"))) if name.startswith(incomplete)]
    except TunerError:
        return []


sweep_argument = click.argument("name", metavar="SWEEP", shell_complete=complete_sweep)


@click.group()
def sweep() -> None:
    """Search several studies as one sweep, now or by the calendar.

    A file sweeps/nightly.toml says which studies, and what is stated otherwise.

    \b
        tuner sweep run nightly
        tuner sweep status nightly
        tuner sweep stop nightly
        tuner sweep schedule nightly --at "0 2 * * *" --with cron
    """


@sweep.command()
@sweep_argument
@storage_option
@root_option
@click.option("--detach", is_flag=True, help="On a cluster: queue the workers, and do not wait for them.")
@click.option("--dry-run", is_flag=True, help="Only say which studies the sweep comes to.")
@log_options
@click.option("--quiet", is_flag=True, help="Show nothing but errors.")
@json_option
def run(
    name: str,
    storage: str | None,
    root: str | None,
    detach: bool,
    dry_run: bool,
    log_file: str | None,
    log_level: str,
    quiet: bool,
    as_json: bool,
) -> None:
    """Run SWEEP until all of its studies are over.

    It may be started at any time: twice, and the second one follows the first; after a crash, and it goes on; when
    everything is done, and nothing is done.

    \b
    Exit codes: 0 done, or queued with --detach; 1 a study or a command behind it failed, 2 bad input,
    3 out of time with trials left, 75 handed back after SIGTERM, SIGUSR1 or `tuner sweep stop`,
    130 stopped by Ctrl-C.
    """
    from tuner.cli.logs import logging_to
    from tuner.study.sweeps.load import load_sweep

    folder = find_root(root)
    definition = load_sweep(name, folder)
    if dry_run:
        from tuner.cli.sweep_tables import show_plan

        show_plan(definition, as_json=as_json)
        return
    from tuner.cli.signals import stop_on_signals
    from tuner.search.stop import StopRequest

    stop = StopRequest()
    shows = not quiet and not as_json
    with (
        logging_to(log_file, log_level),
        _screen(definition, shows) as (observer, say),
        stop_on_signals(stop, say),
    ):
        from tuner.actions.sweeps.run import run_sweep

        record = run_sweep(
            name, root=folder, storage=_stated(storage, folder), detach=detach, stop=stop, observer=observer
        )
    if not quiet:
        from tuner.actions.sweeps.status import sweep_status
        from tuner.cli.sweep_tables import show_sweep

        show_sweep(sweep_status(name, root=folder, storage=_stated(storage, folder)), as_json=as_json)
    else:
        for study in record.studies:
            if study.problem:
                click.echo(f"{study.name}: {study.problem}", err=True)
    sys.exit(record.exit_code)


@sweep.command()
@click.argument("name", metavar="[SWEEP]", required=False, shell_complete=complete_sweep)
@storage_option
@root_option
@json_option
def status(name: str | None, storage: str | None, root: str | None, as_json: bool) -> None:
    """Show how SWEEP is: its last run, its studies, and when it is due; or all sweeps, a line each."""
    from tuner.actions.sweeps.status import sweep_status
    from tuner.cli.sweep_tables import show_sweep, show_sweeps
    from tuner.errors import StudyFileError
    from tuner.study.places import sweep_files

    folder = find_root(root)
    url = _stated(storage, folder)
    if name is not None:
        show_sweep(sweep_status(name, root=folder, storage=url), as_json=as_json)
        return
    found, broken = [], []
    for each in sweep_files(folder):
        try:
            found.append(sweep_status(each, root=folder, storage=url))
        except StudyFileError:
            broken.append(each)
    show_sweeps(found, broken, as_json=as_json)


@sweep.command()
@sweep_argument
@storage_option
@root_option
def stop(name: str, storage: str | None, root: str | None) -> None:
    """Ask SWEEP to hand back what it trains, wherever it runs; the next run goes on with it."""
    from tuner.actions.sweeps.stop import stop_sweep

    folder = find_root(root)
    asked = stop_sweep(name, root=folder, storage=_stated(storage, folder))
    if asked.leader:
        click.echo(f"{asked.leader[0].upper()}{asked.leader[1:]} is asked to stop at the next epoch.")
    if asked.workers:
        click.echo(f"{asked.workers} {'worker is' if asked.workers == 1 else 'workers are'} asked to leave.")
    if not asked.leader and not asked.workers:
        click.echo(f"Nothing of the sweep {name} runs.")


@sweep.command()
@sweep_argument
@root_option
@click.option("--at", metavar="TIME", help='When: minute, hour, day, month, weekday, such as "0 2 * * *"; or @daily.')
@click.option("--with", "calendar", metavar="CALENDAR", help="cron, the default; scrontab, systemd or kubernetes.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="What a job of the calendar asks for.")
@click.option("--print", "print_only", is_flag=True, help="Print the entry, and change nothing.")
@click.option("--remove", is_flag=True, help="Take the entry out of the calendar.")
def schedule(
    name: str,
    root: str | None,
    at: str | None,
    calendar: str | None,
    settings: tuple[str, ...],
    print_only: bool,
    remove: bool,
) -> None:
    """Have SWEEP run by the calendar; without --at, show its entries.

    \b
        tuner sweep schedule nightly --at "0 2 * * *" --print
        tuner sweep schedule nightly --at "0 2 * * *" --with scrontab --set partition=short
        tuner sweep schedule nightly
        tuner sweep schedule nightly --remove
    """
    folder = find_root(root)
    if remove:
        _unschedule(name, folder, calendar)
    elif at is None:
        _show_entries(name, folder, calendar)
    else:
        from tuner.actions.sweeps.calendar import schedule_sweep

        done = schedule_sweep(
            name,
            at=at,
            calendar=calendar or "cron",
            settings=_pairs(settings),
            root=folder,
            print_only=print_only,
        )
        if not done.installed:
            click.echo(done.text, nl=not done.text.endswith("\n"))
            return
        click.echo(f"The sweep {name} is in the calendar {calendar or 'cron'}, at {at}.")
        for remark in done.remarks:
            click.echo(remark, err=True)


@sweep.command(name="go-on", hidden=True)
@sweep_argument
@storage_option
@root_option
def go_on(name: str, storage: str | None, root: str | None) -> None:
    """Go on with a run of SWEEP whose workers on a cluster are over; jobs behind them call this."""
    from tuner.actions.sweeps.go_on import go_on as go_on_with
    from tuner.cli.sweep_observers import PlainSweep

    folder = find_root(root)
    record = go_on_with(name, root=folder, storage=_stated(storage, folder), observer=PlainSweep())
    sys.exit(0 if record is None or record.ended is None else record.exit_code)


def _stated(storage: str | None, root: Path) -> StorageUrl | None:
    """The storage of all studies, if one is stated; else each has its own."""
    import os

    from tuner.search.storage_urls import FILE_VARIABLE, URL_VARIABLE, storage_url

    if storage is None and not os.environ.get(URL_VARIABLE) and not os.environ.get(FILE_VARIABLE):
        return None
    return storage_url(storage, os.environ, None, root)


def _pairs(stated: tuple[str, ...]) -> dict[str, str]:
    for each in stated:
        if "=" not in each:
            raise click.UsageError(f'--set takes NAME=VALUE, and "{each}" has no "=".')
    return {name: value for name, _, value in (each.partition("=") for each in stated)}


def _unschedule(name: str, folder: Path, calendar: str | None) -> None:
    from tuner.actions.calendar import unschedule

    gone = unschedule(name, root=folder, calendar=calendar)
    click.echo(f"The sweep {name} is out of {', '.join(gone)}." if gone else f"The sweep {name} is in no calendar.")


def _show_entries(name: str, folder: Path, calendar: str | None) -> None:
    from tuner.actions.calendar import scheduled

    entries = [entry for entry in scheduled(root=folder, calendar=calendar) if entry.name == name]
    for entry in entries:
        click.echo(f"{entry.calendar}{'' if entry.enabled else ', switched off there'}:")
        click.echo(entry.text, nl=not entry.text.endswith("\n"))
    if not entries:
        click.echo(f'The sweep {name} is in no calendar; --at "0 2 * * *" puts it there.')


@contextmanager
def _screen(definition: SweepDefinition, shows: bool) -> Iterator[tuple[SweepObserver, Callable[[StopReason], None]]]:
    """Who watches the sweep, and how to say that its end has been asked for."""
    import os

    from tuner.actions.sweeps.observer import SweepObserver
    from tuner.cli.run import LEAVING, SHOW_CURSOR, STOPPING, at_once
    from tuner.cli.sweep_observers import LiveSweep, PlainSweep

    words = STOPPING if definition.settings.cluster is None else LEAVING
    if not shows:
        yield SweepObserver(), lambda reason: None
    elif not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield PlainSweep(), lambda reason: at_once(f"{words}\n")
    else:
        live = LiveSweep([swept.name for swept in definition.studies])

        def say(reason: Any) -> None:
            del reason
            live.stopping(words)
            at_once(SHOW_CURSOR)  # a second signal leaves no time for it

        with live.shown():
            yield live, say
