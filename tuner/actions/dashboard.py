"""Looking at a storage's studies in optuna-dashboard."""

from __future__ import annotations

from collections.abc import Callable

from tuner.actions.defaults import Storage, existing
from tuner.report.dashboard import serve_dashboard


def dashboard(*, storage: Storage = None, port: int, on_ready: Callable[[str], None]) -> None:
    """Serve optuna-dashboard on 127.0.0.1 until Ctrl-C.

    Args:
        storage: whose studies to show.
        port: where to listen; 0 for any free port.
        on_ready: called with the address when the page can be opened.
    Raises:
        StorageError: if there is no such storage.
        TunerError: if the port is in use.
    """
    with existing(storage) as backend:
        serve_dashboard(backend, port=port, on_ready=on_ready)
