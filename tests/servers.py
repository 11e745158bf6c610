"""A real PostgreSQL for tests and benchmarks: a server of one's own on this machine, gone when its work is done.

Two fixtures, both for tests marked `needs("postgresql")`:

    postgresql          the URL of a fresh, empty database
    postgresql_server   the server itself, to stop and start it, or for another user of it

For a benchmark, `scripts/postgresql start FOLDER` starts one that stays until `scripts/postgresql stop FOLDER`.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from itertools import count
from pathlib import Path
from typing import Literal

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import URL

from tests.parts import find_program, require_part

HOST = "127.0.0.1"
USER = "tuner"
"""Owns the server; let in without a password."""

GUARDED = "guarded"
"""A user who is let in with `PASSWORD` only."""

PASSWORD = "hush:a/b@c"
"""Every character that a URL has to escape."""

PORTS = range(20_000, 32_000)
"""Below those of outgoing connections, one of which could take the port while the server is down."""

SETTINGS = f"-c listen_addresses={HOST} -c unix_socket_directories='' -c fsync=off"
"""Reachable from this machine only. What a crash of the machine would do to its files is not under test."""

ADMITTED = f"host all {USER} {HOST}/32 trust\nhost all all {HOST}/32 scram-sha-256\n"


class Server:
    """A PostgreSQL server with its files in one folder."""

    def __init__(self, folder: Path) -> None:
        """A server that has been created in this folder.

        Args:
            folder: holds `data` and `server.log`; every folder above it can be entered by everybody, since PostgreSQL
                does not run as root.
        """
        self._folder = folder
        self._data = folder / "data"
        self._port_file = folder / "port"
        self._databases = (f"tuner_{number}" for number in count(1))

    @classmethod
    def create(cls, folder: Path) -> Server:
        """Make a server in an empty folder and start it."""
        server = cls(folder)
        folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        server._call("initdb", "--pgdata", str(server._data), "-U", USER, "--no-sync", "-E", "UTF8", "--locale=C")
        (server._data / "pg_hba.conf").write_text(ADMITTED)
        server.start()
        with server.connected() as connection:
            create_role = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
            connection.execute(create_role.format(sql.Identifier(GUARDED), sql.Literal(PASSWORD)))
        return server

    @property
    def port(self) -> int:
        """Where it listens; the same after a restart."""
        if not self._port_file.exists():
            self._port_file.write_text(str(free_port()))
        return int(self._port_file.read_text())

    def start(self) -> None:
        """Start it, and wait until it answers."""
        log = self._folder / "server.log"
        self._call("pg_ctl", "-D", str(self._data), "-w", "-l", str(log), "-o", f"-p {self.port} {SETTINGS}", "start")

    def stop(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """Stop it: `fast` says goodbye to its clients, `immediate` is a crash."""
        self._call("pg_ctl", "-D", str(self._data), "-w", "-m", mode, "stop")

    @property
    def runs(self) -> bool:
        """Whether it has been started and not been stopped."""
        return (self._data / "postmaster.pid").exists()

    def url(self, database: str = "postgres", user: str = USER, password: str | None = None) -> URL:
        """How SQLAlchemy reaches one of its databases."""
        return URL.create("postgresql+psycopg", user, password, HOST, self.port, database)

    def connected(self, database: str = "postgres") -> psycopg.Connection:
        """A connection for the test itself; each statement is a transaction."""
        return psycopg.connect(host=HOST, port=self.port, user=USER, dbname=database, autocommit=True)

    def new_database(self) -> URL:
        """An empty database, which belongs to `GUARDED`, so that both users may do anything in it."""
        name = next(self._databases)
        create_database = sql.SQL("CREATE DATABASE {} OWNER {}")
        with self.connected() as connection:
            connection.execute(create_database.format(sql.Identifier(name), sql.Identifier(GUARDED)))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, whoever is still connected to it."""
        with self.connected() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _call(self, name: str, *arguments: str) -> None:
        program = find_program(name, folders="/usr/lib/postgresql/*/bin")
        assert program is not None, f"{name} is not here"
        as_its_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        command = [*(as_its_user if os.geteuid() == 0 else []), program, *arguments]
        # Into a file: the server would keep a pipe open for as long as it runs.
        with tempfile.TemporaryFile() as said:
            done = subprocess.run(command, cwd=self._folder, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
            said.seek(0)
            assert done.returncode == 0, f"{name}: {said.read().decode()}"


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    for port in random.SystemRandom().sample(PORTS, 100):
        with closing(socket.socket()) as attempt, suppress(OSError):
            attempt.bind((HOST, port))
            return port
    raise RuntimeError("no free port was found")


@pytest.fixture(scope="session")
def _server() -> Iterator[Server]:
    require_part("postgresql")
    # Not in pytest's own folder, which only its owner may enter.
    with tempfile.TemporaryDirectory(prefix="tuner-postgresql-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = Server.create(Path(folder))
        try:
            yield server
        finally:
            if server.runs:
                server.stop("immediate")


@pytest.fixture
def postgresql_server(_server: Server) -> Server:
    """The PostgreSQL server of this run; it runs, whatever the test before has done."""
    if not _server.runs:
        _server.start()
    return _server


@pytest.fixture
def postgresql(postgresql_server: Server) -> Iterator[URL]:
    """The URL of a fresh, empty database."""
    url = postgresql_server.new_database()
    yield url
    if not postgresql_server.runs:
        postgresql_server.start()
    assert url.database is not None
    postgresql_server.drop_database(url.database)


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/postgresql", description="A PostgreSQL server for a benchmark.")
    parser.add_argument("action", choices=("start", "stop"))
    parser.add_argument("folder", type=Path, help="where its files are; made by the first start, and left by stop")
    options = parser.parse_args()
    folder = options.folder.resolve()
    server = Server(folder)
    if options.action == "stop":
        server.stop()
    elif (folder / "data").exists():
        if not server.runs:
            server.start()
        print(server.url().render_as_string(hide_password=False))
    else:
        server = Server.create(folder)
        print(server.url().render_as_string(hide_password=False))


if __name__ == "__main__":
    sys.exit(main())
