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

    All mistakes are named at once, each with its place. Nothing is trained and no data are read.

    \b
        tuner check --study digits
    """
    from tuner.actions.check import check as check_study
    from tuner.cli.tables import show_checked

    show_checked(check_study(study, root=find_root(root)), as_json=as_json)
