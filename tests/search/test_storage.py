from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import warnings
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import optuna
import pytest
from optuna.storages import BaseStorage, RDBStorage
from sqlalchemy.engine import URL, make_url

import tuner
from tests.search.disks import fill, mounted
from tuner.errors import StorageError
from tuner.search import sqlite_files
from tuner.search.storage import opened, opened_backend, storage_trouble

PROJECT = Path(tuner.__file__).parents[1]


def sqlite(path: Path) -> URL:
    return URL.create("sqlite", database=str(path))


def search(storage: BaseStorage, *, trials: int, after_each: Callable[[int], object] = lambda number: None) -> None:
    """A study that ends with so many trials, as Optuna itself makes one."""
    study = optuna.create_study(study_name="small", storage=storage, load_if_exists=True)
    study.sampler = optuna.samplers.RandomSampler(seed=20)
    for _ in range(trials - len(study.get_trials())):
        trial = study.ask()
        for step in range(3):
            trial.report(step, step)
        study.tell(trial, trial.suggest_float("x", 0, 1))
        after_each(trial.number)


def states(storage: BaseStorage) -> list[str]:
    return [trial.state.name for trial in optuna.load_study(study_name="small", storage=storage).get_trials()]


def refusal(url: URL) -> str:
    """What is said when a storage is opened that cannot be."""
    with pytest.raises(StorageError) as caught, opened(url):
        pass
    return str(caught.value)


# What can be no storage.


@pytest.mark.parametrize("name", ["mysql", "mysql+pymysql", "oracle", "no_such_database"])
def test_another_database_is_refused_with_those_that_will_do(name):
    said = refusal(make_url(f"{name}://ann:hush@host/trials"))
    assert f"tuner keeps trials in SQLite or PostgreSQL, not in {name.partition('+')[0]}" in said
    assert "postgresql+psycopg://user@host/database" in said
    assert "hush" not in said


# Opening.


def test_sqlite_is_in_wal_mode_and_waits_for_other_writers(url):
    with opened(url) as storage:
        with storage._backend.engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
            assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 60_000
        search(storage, trials=1)
    with closing(sqlite3.connect(url.database)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_closed_storage_leaves_the_database_and_its_lock_alone(url, tmp_path):
    with opened(url) as storage:
        search(storage, trials=2)
    assert {path.name for path in tmp_path.iterdir()} == {"trials.db", "trials.db-lock"}


def test_finished_trials_are_kept_in_memory_for_those_who_look(url):
    with opened(url) as storage:
        assert type(storage).__name__ == "_CachedStorage"


def test_those_who_write_get_optunas_own_storage_with_its_engine(url):
    with opened_backend(url) as storage:
        assert isinstance(storage, RDBStorage)
        assert storage.engine.dialect.name == "sqlite"
        search(storage, trials=1)
        assert states(storage) == ["COMPLETE"]


@pytest.mark.parametrize("name", ["with space.db", "100%.db", "what?.db", "a#b.db", "käse.db", "{x}.db"])
def test_a_file_may_have_any_name(tmp_path, name):
    url = sqlite(tmp_path / name)
    with opened(url) as storage:
        search(storage, trials=1)
    assert (tmp_path / name).stat().st_size > 0
    with opened(url) as storage:
        assert states(storage) == ["COMPLETE"]


def test_an_empty_file_may_become_a_storage(url):
    Path(url.database).touch()
    with opened(url) as storage:
        search(storage, trials=1)


def test_a_database_of_another_program_is_refused_and_stays_as_it_is(url):
    path = Path(url.database)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE invoices (amount REAL)")
        connection.commit()
    before = path.read_bytes()
    assert "is no Optuna database (it has the tables invoices)" in refusal(url)
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_text_file_is_refused_and_stays_as_it_is(url):
    path = Path(url.database)
    path.write_text("learning_rate,accuracy\n0.1,0.9\n")
    assert "is no SQLite database" in refusal(url)
    assert path.read_text() == "learning_rate,accuracy\n0.1,0.9\n"


def test_a_folder_is_refused(tmp_path):
    assert "is a folder; name a file in it" in refusal(sqlite(tmp_path))


def test_a_folder_that_is_not_there_is_named(tmp_path):
    assert f"there is no folder {tmp_path / 'nowhere'}" in refusal(sqlite(tmp_path / "nowhere" / "trials.db"))
    assert not (tmp_path / "nowhere").exists()


def test_a_storage_in_memory_is_refused():
    for url in ("sqlite://", "sqlite:///:memory:"):
        assert "gone when the command ends" in refusal(make_url(url))


def test_a_damaged_database_is_refused(url):
    with opened(url) as storage:
        search(storage, trials=1)
    path = Path(url.database)
    content = bytearray(path.read_bytes())
    content[100:3000] = os.urandom(2900)
    path.write_bytes(content)
    assert "the database is damaged" in refusal(url)


def test_a_database_of_another_version_of_optuna_is_refused(url):
    with opened(url) as storage:
        search(storage, trials=1)
    with closing(sqlite3.connect(url.database)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'v99.0.0.a'")
        connection.commit()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert "another version of Optuna" in refusal(url)


def test_a_full_disk_while_the_database_is_made_leaves_nothing_that_is_in_the_way(tmp_path):
    said: list[str] = []
    with mounted(tmp_path / "disk", kilobytes=8000) as disk:
        for kilobytes in (0, 8, 32, 64, 100, 160, 260, 400, 600, 1000, 3000):
            url = sqlite(disk / f"{kilobytes}.db")
            filler = fill(disk, but_bytes=kilobytes * 1024)
            try:
                with opened(url) as storage:
                    search(storage, trials=1)
            except StorageError as error:
                said.append(str(error))
            filler.unlink()
            with opened(url) as storage:
                search(storage, trials=3)
                assert states(storage)[-1] == "COMPLETE"
            for path in disk.iterdir():
                path.unlink()
    assert 3 < len(said) < 11
    known = ("disk is full", "is it full?", "No space left on device")
    assert all(any(part in sentence for part in known) for sentence in said), said


def test_a_database_that_was_broken_off_while_it_was_made_is_completed(url):
    with opened(url):
        pass
    with closing(sqlite3.connect(url.database)) as connection:
        for table in ("trial_heartbeats", "version_info", "alembic_version"):
            connection.execute(f"DROP TABLE {table}")
        connection.commit()
    with opened(url) as storage:
        search(storage, trials=1)
        assert states(storage) == ["COMPLETE"]


def test_a_disk_that_becomes_full_keeps_every_trial(tmp_path):
    with mounted(tmp_path / "disk", kilobytes=8000) as disk:
        url = sqlite(disk / "trials.db")
        with (
            pytest.raises(StorageError, match="the disk is full; everything so far is kept; make room and start again"),
            opened(url) as storage,
        ):
            search(storage, trials=1000, after_each=lambda number: number < 2 or fill(disk))
        (disk / "filler").unlink()
        with opened(url) as storage:
            assert states(storage)[:3] == ["COMPLETE"] * 3
            search(storage, trials=len(states(storage)) + 1)
            assert states(storage)[-1] == "COMPLETE"


def test_a_lock_that_is_not_given_up_is_named(url, monkeypatch):
    with opened(url) as storage:
        search(storage, trials=1)
    monkeypatch.setattr(sqlite_files, "BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(url.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="another process has kept it locked"), opened(url) as storage:
            search(storage, trials=2)
    with opened(url) as storage:
        search(storage, trials=2)
        assert states(storage)[-1] == "COMPLETE"


def test_a_study_that_is_deleted_meanwhile_is_named(url):
    with opened(url) as storage:
        study = optuna.create_study(study_name="small", storage=storage)
        optuna.delete_study(study_name="small", storage=storage)
        with pytest.raises(StorageError, match="the study was deleted meanwhile"), storage_trouble(url):
            study.ask()


def test_a_trial_that_was_ended_by_somebody_else_is_named(url):
    with opened(url) as storage:
        study = optuna.create_study(study_name="small", storage=storage)
        trial = study.ask()
        study.tell(trial.number, 1.0)
        with pytest.raises(StorageError, match="was ended by somebody else"), storage_trouble(url):
            trial.set_user_attr("name", "value")


def test_an_error_that_is_none_of_the_storages_is_passed_on(url):
    for error in (RuntimeError("a bug"), KeyError("a bug"), ImportError("a bug")):
        with pytest.raises(type(error), match="a bug"), opened(url):
            raise error


def test_a_process_that_is_killed_while_it_writes_leaves_a_database_that_goes_on(url):
    script = (
        "import os, sys\n"
        "from sqlalchemy.engine import URL\n"
        "from tests.search.test_storage import search\n"
        "from tuner.search.storage import opened\n"
        "with opened(URL.create('sqlite', database=sys.argv[1])) as storage:\n"
        "    search(storage, trials=2)\n"
        "    with storage._backend.engine.connect() as connection:\n"
        "        connection.exec_driver_sql('DELETE FROM trials')\n"
        "        os.kill(os.getpid(), 9)\n"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(url.database)], cwd=PROJECT)
    assert killed.returncode == -9
    with opened(url) as storage:
        search(storage, trials=3)
        assert states(storage) == ["COMPLETE"] * 3


def test_a_block_that_goes_well_is_no_trouble(url):
    with opened(url) as storage:
        search(storage, trials=0)
        assert states(storage) == []
