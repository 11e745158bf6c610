"""`tuner show`."""

from __future__ import annotations

import click

from tuner.cli.options import (
    find_root,
    find_storage,
    json_option,
    root_option,
    storage_option,
    stored_name,
    study_option,
)


@click.command()
@study_option
@storage_option
@root_option
@click.option("--trial", type=int, metavar="N", help="One trial instead of the study.")
@json_option
def show(study: str, storage: str | None, root: str | None, trial: int | None, as_json: bool) -> None:
    """Show what STUDY has come to: its best trial, its hyperparameters, and how many trials are in which state.

    \b
        tuner show --study digits
        tuner show --study digits --trial 7
    """
    from tuner.actions.show import show as show_study
    from tuner.actions.show import show_trial
    from tuner.cli.tables import show_summary, show_trial_summary

    name = stored_name(study)
    url = find_storage(storage, find_root(root), study)
    if trial is None:
        show_summary(show_study(name, storage=url), as_json=as_json)
    else:
        show_trial_summary(show_trial(name, trial, storage=url), as_json=as_json)
