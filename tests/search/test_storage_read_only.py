"""What can be looked at although nobody may write to it, and what is refused for writing."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import optuna
import pytest
from sqlalchemy.engine import URL

from tests.search.disks import mounted, read_only
from tests.search.test_storage import search, sqlite, states
from tuner.errors import StorageError
from tuner.search import sqlite_files
from tuner.search import storage as storages
from tuner.search.storage import opened, opened_backend


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk with a storage of two trials."""
    with mounted(tmp_path / "disk", kilobytes=4000) as disk:
        with opened(sqlite(disk / "trials.db")) as storage:
            search(storage, trials=2)
        yield disk


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def refused_for_writing(url: URL) -> str:
    with pytest.raises(StorageError) as caught, opened_backend(url):
        pass
    return str(caught.value)


def test_a_read_only_disk_can_be_looked_at_and_stays_as_it_is(disk):
    before = content(disk)
    with read_only(disk):
        with opened(sqlite(disk / "trials.db")) as storage:
            assert states(storage) == ["COMPLETE"] * 2
        assert content(disk) == before
        assert "is read-only" in refused_for_writing(sqlite(disk / "trials.db"))
    with opened_backend(sqlite(disk / "trials.db")) as storage:
        search(storage, trials=3)


def test_what_is_written_nevertheless_is_refused_and_not_lost_in_silence(disk):
    with (
        read_only(disk),
        pytest.raises(StorageError, match="it is read-only; make the file and its folder writable"),
        opened(sqlite(disk / "trials.db")) as storage,
    ):
        optuna.delete_study(study_name="small", storage=storage)
    with opened(sqlite(disk / "trials.db")) as storage:
        assert states(storage) == ["COMPLETE"] * 2


def test_a_database_in_the_middle_of_a_search_is_seen_as_a_whole_on_a_read_only_disk(disk):
    """Such as in a snapshot of a disk: what is newest stands in the file beside it."""
    with opened(sqlite(disk / "trials.db")) as storage:
        search(storage, trials=4)
        for name in ("trials.db", "trials.db-wal"):
            shutil.copyfile(disk / name, disk / name.replace("trials", "snapshot"))
    assert (disk / "snapshot.db-wal").stat().st_size > 0
    with read_only(disk), opened(sqlite(disk / "snapshot.db")) as storage:
        assert states(storage) == ["COMPLETE"] * 4


def test_a_search_that_others_may_not_disturb_can_be_watched_by_them(url, monkeypatch):
    """Permissions do not bind root, so that the operating system's answer is made up."""
    with opened_backend(url) as searching:
        search(searching, trials=2)
        monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
        assert "is read-only: the folder" in refused_for_writing(url)
        with opened(url) as watching:
            assert states(watching) == ["COMPLETE"] * 2
            search(searching, trials=3)
            assert states(watching) == ["COMPLETE"] * 3


def test_a_new_database_is_refused_where_none_can_be_made(disk):
    url = sqlite(disk / "new.db")
    with read_only(disk):
        assert "is not writable" in refused_for_writing(url)
        with pytest.raises(StorageError, match=r"cannot be made: the folder .* is not writable"), opened(url):
            pass
    assert not (disk / "new.db").exists()


def test_a_read_only_database_of_another_program_is_refused(disk):
    url = sqlite(disk / "invoices.db")
    with closing(sqlite3.connect(disk / "invoices.db")) as connection:
        connection.execute("CREATE TABLE invoices (amount REAL)")
    with read_only(disk), pytest.raises(StorageError, match=r"invoices.db is no Optuna database"), opened(url):
        pass


def test_a_disk_that_becomes_read_only_is_named(url, monkeypatch):
    monkeypatch.setattr(storages, "connect", lambda path: sqlite3.connect(f"file:{path}?mode=ro", uri=True))
    with pytest.raises(StorageError) as caught, opened(url):
        pass
    assert str(caught.value) == f"storage {url}: the file cannot be opened; look at its folder and who may write there"


# Network file systems.


@pytest.fixture
def network(url: URL, monkeypatch: pytest.MonkeyPatch) -> URL:
    """A storage of two trials, whose folder then turns out to lie on another machine."""
    with opened(url) as storage:
        search(storage, trials=2)
    monkeypatch.setattr(sqlite_files, "network_file_system", lambda path: "nfs4")
    return url


def test_a_network_file_system_is_refused_for_writing_with_the_reason_and_the_way_out(network):
    said = refused_for_writing(network)
    assert "lies on a network file system (nfs4)" in said
    assert "name a file on a disk of this machine with --storage, or a PostgreSQL server" in said
    said = refused_for_writing(network.set(database=f"{network.database}.new"))
    assert "lies on a network file system (nfs4)" in said
    assert not Path(f"{network.database}.new").exists()


def test_what_lies_on_a_network_file_system_can_be_looked_at_and_stays_as_it_is(network):
    folder = Path(network.database).parent
    before = content(folder)
    with opened(network) as storage:
        assert states(storage) == ["COMPLETE"] * 2
        assert content(folder) == before
    assert content(folder) == before


def test_a_database_that_others_write_to_all_the_time_is_no_good_as_a_copy(network, monkeypatch):
    copy = shutil.copyfile

    def copied_too_late(source: Path, target: Path) -> None:
        copy(source, target)
        with Path(source).open("ab") as file:
            file.write(b"more")

    monkeypatch.setattr(shutil, "copyfile", copied_too_late)
    with pytest.raises(StorageError, match="is being written to; look at it from where that happens"), opened(network):
        pass


def test_no_copy_stays_behind(network, tmp_path, monkeypatch):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    with opened(network) as storage:
        assert states(storage) == ["COMPLETE"] * 2
        assert len(list(temporary.iterdir())) == 1
    assert list(temporary.iterdir()) == []
