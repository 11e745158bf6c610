"""`tuner delete`."""

from __future__ import annotations

import click

from tuner.cli.options import find_root, find_storage, root_option, storage_option, stored_name, study_option


@click.command()
@study_option
@storage_option
@root_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(study: str, storage: str | None, root: str | None, yes: bool) -> None:
    """Delete a stored STUDY and all of its trials, after asking; its file stays.

    \b
        tuner delete --study digits
    """
    from tuner.actions.show import delete as delete_study
    from tuner.actions.show import show

    name = stored_name(study)
    url = find_storage(storage, find_root(root), study)
    summary = show(name, storage=url)
    if not yes:
        counts = f"{summary.trials.total} trials, {summary.trials.complete} of them complete"
        if summary.trials.running:
            counts += f", and {summary.trials.running} being trained right now"
        click.confirm(f'Delete the study "{name}" ({counts})?', abort=True)
    delete_study(name, storage=url)
    click.echo(f'The study "{name}" is deleted.')
