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
@click.option("--workers", type=click.IntRange(1), metavar="N", help="Search with N worker processes on this machine.")
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

    \b
    Exit codes: 0 done, 1 the search failed, 2 bad input, 3 out of time with trials left,
    75 handed back after SIGTERM or SIGUSR1, 130 stopped by Ctrl-C.
    """
    from tuner.cli.run import Shown, run_search

    shown: Shown = "nothing" if quiet else "json" if as_json else "summary"
    run_search(
        study,
        storage=storage,
        root=root,
        trials=trials,
        duration=duration,
        workers=workers,
        trainer=trainer,
        lanes=lanes,
        shown=shown,
        log_file=log_file,
        log_level=log_level,
    )
