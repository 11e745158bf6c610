"""`tuner init`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tuner.cli.options import find_root, root_option

if TYPE_CHECKING:
    from tuner.study.metrics import Task

TASKS: tuple[Task, ...] = ("binary", "multiclass", "regression")


@click.command()
@click.option("--data", multiple=True, required=True, metavar="FILE", help="A table; several of the same columns.")
@click.option("--target", metavar="COLUMN", help="The column to predict: its name, or 1 for the first, -1 the last.")
@click.option("--name", metavar="NAME", help="The study's name; the file's if left out.")
@click.option("--task", type=click.Choice(TASKS), help="What kind of target it is; seen from it if left out.")
@click.option("--test", multiple=True, metavar="FILE", help="Test rows of a file of their own; several are fine.")
@root_option
@click.option("--force", is_flag=True, help="Replace the study file if there is one.")
@click.option("--stdout", is_flag=True, help="Print the study file, and write nothing.")
def init(
    data: tuple[str, ...],
    target: str | None,
    name: str | None,
    task: Task | None,
    test: tuple[str, ...],
    root: str | None,
    force: bool,
    stdout: bool,
) -> None:
    """Look at a table, and write a study file that suits it.

    The file says in comments what was found, and why each setting is as it is: kinds of columns, what stands for
    missing values, what is left out, suspected leaks, the split, and a space that suits the size.

    \b
        tuner init --data train.csv --target price
        tuner search --study train
    """
    from tuner.actions.init import init as propose
    from tuner.cli.proposed import show_proposed

    written = propose(
        data, target, name=name, task=task, test=test, root=find_root(root), force=force, write=not stdout
    )
    show_proposed(written, as_text=stdout)
