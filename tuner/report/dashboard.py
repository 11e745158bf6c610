"""Optuna's dashboard in this process, for this machine's browsers only.

optuna-dashboard asks nobody who they are and offers every write: whoever reaches it may delete studies. So it listens
on the loopback address alone, and two doors that a browser would leave open are shut: a foreign name that has been
pointed at this machine (DNS rebinding), and a foreign page that writes here (cross-site requests). What stays open is
this machine itself: everybody who can log in to it can use the dashboard while it runs.
"""

from __future__ import annotations

import errno
import logging
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from socketserver import TCPServer, ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from tuner.errors import TunerError

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from optuna.storages import BaseStorage

logger = logging.getLogger(__name__)

ADDRESS = "127.0.0.1"
OUR_NAMES = (ADDRESS, "localhost", "[::1]")
"""What a browser on this machine may call the server."""


def serve_dashboard(storage: BaseStorage, *, port: int, on_ready: Callable[[str], None]) -> None:
    """Show a storage's studies in the browser until Ctrl-C.

    Args:
        storage: an open storage; one with a cache, as from `optuna.storages.get_storage`, or every look at a study
            reads all of it again.
        port: where to listen, on the loopback address only; 0 takes any free port.
        on_ready: called once with the address to open, when the server listens.
    Raises:
        TunerError: if the port cannot be had.
    """
    with open_dashboard(storage, port=port) as server, suppress(KeyboardInterrupt):
        on_ready(server.url)
        server.serve_forever()


def open_dashboard(storage: BaseStorage, *, port: int) -> DashboardServer:
    """A server that listens already; `serve_forever` lets it answer, and leaving its `with` block closes it.

    Raises:
        TunerError: if the port cannot be had.
    """
    from optuna_dashboard import wsgi

    if not 0 <= port <= 65535:
        raise TunerError(f"the dashboard's port is {port}, but should be between 1 and 65535, or 0 for any free one")
    try:
        server = DashboardServer((ADDRESS, port), _Handler)
    except OSError as error:
        reason = "is in use already" if error.errno == errno.EADDRINUSE else f"cannot be had ({error.strerror})"
        raise TunerError(f"port {port} {reason}: choose another one, or 0 for any free one") from error
    server.set_app(only_from_here(wsgi(storage), server.server_port))
    return server


def only_from_here(app: WSGIApplication, port: int) -> WSGIApplication:
    """An application that answers this machine's own pages only.

    Args:
        app: what to guard.
        port: where it is served.
    Returns:
        An application that says 403 to a request whose Host is none of ours, and to one that writes on behalf of a
        page from elsewhere; no foreign page can show it in a frame.
    """
    ours = {f"{name}:{port}" for name in OUR_NAMES}
    if port == 80:
        # Browsers leave out the port that http has by itself.
        ours |= set(OUR_NAMES)

    def guarded(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        host = environ.get("HTTP_HOST", "").lower()
        if host not in ours:
            return _refuse(start_response, f"This dashboard is at http://{ADDRESS}:{port}/ only.")
        origin = environ.get("HTTP_ORIGIN")
        reads = environ["REQUEST_METHOD"] in ("GET", "HEAD")
        if not reads and origin is not None and origin.lower().removeprefix("http://") not in ours:
            return _refuse(start_response, "A page from elsewhere may not write here.")

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Callable[[bytes], object]:
            return start_response(status, [*headers, ("X-Frame-Options", "SAMEORIGIN")], *rest)

        return app(environ, start)

    return guarded


def _refuse(start_response: StartResponse, reason: str) -> Iterable[bytes]:
    start_response("403 Forbidden", [("Content-Type", "text/plain; charset=utf-8")])
    return [f"{reason}\n".encode()]


class DashboardServer(ThreadingMixIn, WSGIServer):
    """A thread for each request: one slow answer, such as a large study's first, holds up no other."""

    daemon_threads = True
    # On some systems two programs could otherwise share one port, and a busy one would go unnoticed.
    allow_reuse_port = False

    @property
    def url(self) -> str:
        """The address to open."""
        return f"http://{ADDRESS}:{self.server_port}/"

    def server_bind(self) -> None:
        # The standard library looks up the machine's name here, which takes seconds where no name server answers.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = ADDRESS, self.server_address[1]
        self.setup_environ()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up is no error; anything else goes to the log instead of into the person's terminal."""
        if isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            logger.debug("%s has hung up", client_address)
        else:
            logger.exception("the dashboard could not answer %s", client_address)


class _Handler(WSGIRequestHandler):
    """A quiet one: a dashboard asks every few seconds."""

    # Browsers open connections ahead of need; one that stays silent must not hold its thread for ever.
    timeout = 60

    def log_message(self, format: str, *args: Any) -> None:
        logger.debug(format, *args)
