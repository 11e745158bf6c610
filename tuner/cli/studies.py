"""`tuner studies`."""

from __future__ import annotations

import click

from tuner.cli.options import find_root, find_storage, json_option, root_option, storage_option


@click.command()
@storage_option
@root_option
@json_option
def studies(storage: str | None, root: str | None, as_json: bool) -> None:
    """List study files and stored studies, each with its state.

    \b
        tuner studies
    """
    from tuner.actions.show import stored_studies
    from tuner.cli.tables import show_studies
    from tuner.study.places import study_files

    folder = find_root(root)
    show_studies(study_files(folder), stored_studies(find_storage(storage, folder)), as_json=as_json)
