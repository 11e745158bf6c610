"""`tuner worker`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from tuner.cli.logs import log_options
from tuner.cli.options import root_option, storage_option, study_option, trainer_options

if TYPE_CHECKING:
    from tuner.actions.trainers import Lanes, TrainerName


@click.command()
@study_option
@storage_option
@root_option
@click.option("--time", "duration", metavar="TIME", help="Wall time of this run, such as 45s, 30m or 1h30m.")
@click.option("--until", metavar="MOMENT", help="When the time is over, such as 2026-11-21T06:00:00Z.")
@click.option("--queued", is_flag=True, help="A batch system runs it: SIGTERM once more asks no more than once.")
@trainer_options
@log_options
@click.option("--quiet", is_flag=True, help="Show nothing but errors.")
def worker(
    study: str,
    storage: str | None,
    root: str | None,
    duration: str | None,
    until: str | None,
    queued: bool,
    trainer: TrainerName | None,
    lanes: Lanes | None,
    log_file: str | None,
    log_level: str,
    quiet: bool,
) -> None:
    """Run one worker of a STUDY that is there already; it never starts others.

    It shares the study's budget with every other worker and search on the same storage, and leaves when there is
    nothing left to do.

    \b
        tuner worker --study digits
    """
    from tuner.cli.run import run_search
    from tuner.cluster.sheet import signed

    with signed():
        run_search(
            study,
            storage=storage,
            root=root,
            duration=duration,
            until=until,
            is_job=queued or "SLURM_JOB_ID" in os.environ,
            trainer=trainer,
            lanes=lanes,
            shown="nothing" if quiet else "summary",
            must_exist=True,
            log_file=log_file,
            log_level=log_level,
        )
