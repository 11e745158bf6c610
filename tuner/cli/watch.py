"""`tuner watch`."""

from __future__ import annotations

import click

from tuner.cli.logs import log_options
from tuner.cli.options import json_option, root_option, storage_option, study_option


@click.command()
@study_option
@storage_option
@root_option
@log_options
@click.option("--quiet", is_flag=True, help="Show nothing but errors.")
@json_option
def watch(
    study: str,
    storage: str | None,
    root: str | None,
    log_file: str | None,
    log_level: str,
    quiet: bool,
    as_json: bool,
) -> None:
    """Follow the workers that STUDY has on a cluster, until its budget is spent.

    Workers that died are queued again. Ctrl-C ends the watch; the workers go on.

    \b
        tuner watch --study digits
    """
    from tuner.actions.stop import cluster_of
    from tuner.cli.options import find_root, find_storage, stored_name
    from tuner.cli.run import run_search

    url = find_storage(storage, find_root(root), study)
    run_search(
        study,
        storage=storage,
        root=root,
        cluster=cluster_of(stored_name(study), storage=url),
        workers=1,
        queued="join",
        shown="nothing" if quiet else "json" if as_json else "summary",
        log_file=log_file,
        log_level=log_level,
    )
