"""`tuner stop`."""

from __future__ import annotations

import click

from tuner.cli.options import root_option, storage_option, study_option


@click.command()
@study_option
@storage_option
@root_option
def stop(study: str, storage: str | None, root: str | None) -> None:
    """Ask the workers that STUDY has on a cluster to leave.

    They end at the next epoch and put back what they train; `tuner search` goes on with it.

    \b
        tuner stop --study digits
    """
    from tuner.actions.stop import stop_workers
    from tuner.cli.options import find_root, find_storage
    from tuner.study.load import load_study

    folder = find_root(root)
    definition = load_study(study, folder)
    asked = stop_workers(definition, folder, storage=find_storage(storage, folder, study))
    if asked:
        click.echo(f"{asked} {'worker is' if asked == 1 else 'workers are'} asked to leave at the next epoch.")
    else:
        click.echo("No worker of this study is in the queue.")
