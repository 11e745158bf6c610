"""`tuner check`."""

from __future__ import annotations

import click

from tuner.cli.options import find_root, json_option, root_option, study_option


@click.command()
@study_option
@root_option
@json_option
def check(study: str, root: str | None, as_json: bool) -> None:
    """Check STUDY's file, and prove its space at every corner.

    All mistakes are named at once, each with its place, and where the sampler fits the study badly. Nothing is trained
    and no data are read.

    \b
        tuner check --study digits
    """
    from tuner.actions.check import check as check_study
    from tuner.cli.tables import show_checked

    checked = check_study(study, root=find_root(root))
    show_checked(checked, as_json=as_json)
    if as_json:
        return
    if checked.grid_size is not None:
        points = f"{checked.grid_size:,} point{'' if checked.grid_size == 1 else 's'}"
        click.echo(f"search.sampler: the grid has {points}")
    for line in checked.advice:
        click.echo(f"{checked.definition.source}: {line}", err=True)
