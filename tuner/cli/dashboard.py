"""`tuner dashboard`."""

from __future__ import annotations

import click

from tuner.cli.options import find_root, find_storage, root_option, storage_option


@click.command()
@storage_option
@root_option
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 takes any free port.")
def dashboard(storage: str | None, root: str | None, port: int) -> None:
    """Look at the storage's studies in the browser, with optuna-dashboard, until Ctrl-C.

    It listens on 127.0.0.1 only. A search may go on meanwhile.

    \b
        tuner dashboard
    """
    from tuner.actions.dashboard import dashboard as serve

    def ready(address: str) -> None:
        click.echo(f"optuna-dashboard is at {address} (Ctrl-C ends it)")

    serve(storage=find_storage(storage, find_root(root)), port=port, on_ready=ready)
