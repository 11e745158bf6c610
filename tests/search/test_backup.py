from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import optuna
import pytest

from tests.search.test_storage import search, states
from tuner.errors import StorageError
from tuner.search import backup, whole_file
from tuner.search.backup import back_up
from tuner.search.storage import opened, sqlite_url


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the study `small` of two trials; not to be changed."""
    path = tmp_path_factory.mktemp("made") / "trials.db"
    with opened(sqlite_url(path)) as storage:
        search(storage, trials=2)
    return path


@pytest.fixture
def stored(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(made, tmp_path / "trials.db"))


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_backup_while_others_write_has_one_moment_and_holds_nobody_up(stored, tmp_path):
    (tmp_path / "to").mkdir()
    with closing(sqlite3.connect(stored, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE studies SET study_name = 'half'")
        back_up(stored, tmp_path / "to" / "copy.db")
        writer.execute("COMMIT")
    with opened(sqlite_url(tmp_path / "to" / "copy.db")) as storage:
        assert states(storage) == ["COMPLETE"] * 2
    assert names(tmp_path / "to") == {"copy.db", "copy.db-lock"}


def test_a_backup_is_one_file_that_can_be_read_from_any_disk(stored, tmp_path):
    back_up(stored, tmp_path / "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert names(tmp_path) == {"trials.db", "copy.db"}


def test_a_file_that_is_there_is_not_overwritten_even_if_it_comes_meanwhile(stored, tmp_path, monkeypatch):
    copy = tmp_path / "copy.db"
    copy.symlink_to("nowhere")
    with pytest.raises(StorageError, match=r"copy\.db is there already, and is not overwritten"):
        back_up(stored, copy)
    copy.unlink()
    copy_pages = backup.copy_pages
    monkeypatch.setattr(backup, "copy_pages", lambda *both: (copy_pages(*both), copy.write_text("mine")))
    with pytest.raises(StorageError, match="is there already"):
        back_up(stored, copy)
    assert copy.read_text() == "mine"


def test_a_file_system_without_links_will_do(stored, tmp_path, monkeypatch):
    def no_links(*both: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(whole_file.os, "link", no_links)
    back_up(stored, tmp_path / "copy.db")
    with opened(sqlite_url(tmp_path / "copy.db")) as storage:
        assert states(storage) == ["COMPLETE"] * 2


def test_nothing_half_written_stays(stored, tmp_path, monkeypatch):
    def broken_off(connect: object, target: Path) -> None:
        target.write_bytes(b"half")
        raise KeyboardInterrupt

    before = names(tmp_path)
    monkeypatch.setattr(backup, "copy_pages", broken_off)
    with pytest.raises(KeyboardInterrupt):
        back_up(stored, tmp_path / "copy.db")
    assert names(tmp_path) == before


def test_what_is_damaged_is_no_backup(stored, tmp_path):
    with stored.open("r+b") as file:
        file.seek(5 * 4096)
        file.write(os.urandom(8192))
    before = names(tmp_path)
    with pytest.raises((StorageError, sqlite3.DatabaseError), match=r"damaged|malformed"):
        back_up(stored, tmp_path / "copy.db")
    assert names(tmp_path) == before


def test_a_copy_on_a_network_file_system_is_made_elsewhere_and_then_brought_there(stored, tmp_path, monkeypatch):
    written: list[Path] = []
    copy_pages = backup.copy_pages
    monkeypatch.setattr(backup, "network_file_system", lambda path: "nfs4")
    monkeypatch.setattr(backup, "copy_pages", lambda connect, to: (written.append(to), copy_pages(connect, to)))
    back_up(stored, tmp_path / "copy.db")
    assert tmp_path not in written[0].parents
    with opened(sqlite_url(tmp_path / "copy.db")) as storage:
        assert optuna.load_study(study_name="small", storage=storage).trials[0].value is not None


def test_a_storage_that_may_only_be_read_can_be_backed_up(stored, tmp_path, monkeypatch):
    monkeypatch.setattr("tuner.search.sqlite_files.why_not_writable", lambda path: "is read-only")
    back_up(stored, tmp_path / "copy.db")
    assert stat.S_ISREG((tmp_path / "copy.db").stat().st_mode)
