"""What a search makes of a server that cannot be reached when it starts."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy.engine import URL

from tests.servers import HOST, Server, free_port
from tuner.errors import StorageError
from tuner.search.reaching import wait_until_reachable

NOBODY = URL.create("postgresql", username="ann", host=HOST, port=free_port(), database="trials")


@pytest.fixture
def notes() -> list[str]:
    return []


def test_a_server_that_does_not_answer_is_waited_for_and_then_there_is_one_message(notes: list[str]) -> None:
    with pytest.raises(StorageError, match="no server answers there; is it running"):
        wait_until_reachable(NOBODY, 0.3, note=notes.append)
    assert len(notes) == 1
    assert "no server answers there" in notes[0]
    assert "waiting for up to 0s" in notes[0]


def test_nobody_waits_who_has_been_asked_to_stop(notes: list[str]) -> None:
    with pytest.raises(StorageError):
        wait_until_reachable(NOBODY, 3600.0, note=notes.append, give_up=lambda: True)
    assert notes == []


@pytest.mark.needs("postgresql")
def test_a_server_that_comes_back_is_found(postgresql: URL, postgresql_server: Server, notes: list[str]) -> None:
    postgresql_server.stop("immediate")
    start = threading.Timer(0.4, postgresql_server.start)
    start.start()
    try:
        wait_until_reachable(postgresql, 60.0, note=notes.append)
    finally:
        start.join()
    assert [note.split(",")[0] for note in notes[1:]] == ["the storage is there"]


@pytest.mark.needs("postgresql")
def test_a_database_that_is_not_there_is_refused_at_once(postgresql: URL, notes: list[str]) -> None:
    with pytest.raises(StorageError, match="the server has no such database"):
        wait_until_reachable(postgresql.set(database="none"), 3600.0, note=notes.append)
    with pytest.raises(StorageError, match=r"the server refuses the password|wants a password|no such user"):
        wait_until_reachable(postgresql.set(username="nobody", password="x"), 3600.0, note=notes.append)
    assert notes == []
