"""`tuner search`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tuner.cli.logs import log_options
from tuner.cli.options import json_option, root_option, storage_option, study_option, trainer_options

if TYPE_CHECKING:
    from tuner.actions.trainers import Lanes, TrainerName


@click.command()
@study_option
@storage_option
@root_option
@click.option("--trials", type=click.IntRange(1), metavar="N", help="The study's total, for this and later runs.")
@click.option("--time", "duration", metavar="TIME", help="Wall time of this run, such as 45s, 30m or 1h30m.")
@click.option("--workers", type=click.IntRange(1), metavar="N", help="Search with N worker processes.")
@click.option("--cluster", metavar="NAME", help="Queue the workers: slurm, or a cluster of clusters.toml.")
@click.option("--detach", is_flag=True, help="With --cluster: do not wait for the workers.")
@click.option("--dry-run", is_flag=True, help="With --cluster: print what would be queued, and do nothing.")
@trainer_options
@log_options
@click.option("--quiet", is_flag=True, help="Show nothing but errors.")
@json_option
def search(
    study: str,
    storage: str | None,
    root: str | None,
    trials: int | None,
    duration: str | None,
    workers: int | None,
    cluster: str | None,
    detach: bool,
    dry_run: bool,
    trainer: TrainerName | None,
    lanes: Lanes | None,
    log_file: str | None,
    log_level: str,
    quiet: bool,
    as_json: bool,
) -> None:
    """Search STUDY's hyperparameters until its budget is spent.

    Every trial is kept. A search that was stopped goes on where it was when it is called again; one whose budget is
    spent says so. Ctrl-C once ends at the next epoch and puts back what is running, twice at once.

    \b
        tuner search --study digits
        tuner search --study digits --trials 200 --time 30m
        tuner search --study digits --workers 4
        tuner search --study digits --workers 16 --cluster slurm

    \b
    Exit codes: 0 done, 1 the search failed, 2 bad input, 3 out of time with trials left,
    75 handed back after SIGTERM, SIGUSR1 or SIGUSR2, 130 stopped by Ctrl-C.
    """
    from tuner.cli.run import Shown, run_search

    if cluster is None and (detach or dry_run):
        raise click.UsageError(f"{'--detach' if detach else '--dry-run'} goes with --cluster.")
    if cluster is not None and dry_run:
        _show_script(study, root, cluster, workers, trainer=trainer, lanes=lanes, duration=duration)
        return
    shown: Shown = "nothing" if quiet else "json" if as_json else "summary"
    run_search(
        study,
        storage=storage,
        root=root,
        trials=trials,
        duration=duration,
        workers=workers,
        cluster=cluster,
        queued="leave" if detach else "follow",
        trainer=trainer,
        lanes=lanes,
        shown=shown,
        log_file=log_file,
        log_level=log_level,
    )


def _show_script(
    study: str,
    root: str | None,
    cluster: str,
    workers: int | None,
    *,
    trainer: TrainerName | None,
    lanes: Lanes | None,
    duration: str | None,
) -> None:
    """Print the batch script that would start a study's workers."""
    from tuner.actions.clusters import work_place
    from tuner.actions.deadlines import deadline
    from tuner.actions.trainers import chosen_trainer
    from tuner.actions.workers import worker_command
    from tuner.cli.options import find_root
    from tuner.clock import utc_now
    from tuner.study.durations import seconds_of
    from tuner.study.load import load_study

    folder = find_root(root)
    definition = load_study(study, folder)
    place = work_place(cluster, definition, folder, workers)
    seconds = definition.budget.seconds if duration is None else seconds_of(duration)
    name = chosen_trainer(trainer, lanes)
    assert isinstance(name, str)
    command = worker_command(
        definition, folder, trainer=name, lanes=lanes, until=deadline(seconds, utc_now()), queued=True
    )
    click.echo(place.cluster.script(command, place.workers), nl=False)
