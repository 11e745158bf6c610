from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import warnings
from contextlib import closing
from pathlib import Path

import optuna
import pytest
from sqlalchemy.engine import URL, make_url

import tuner
from tests.search.disks import fill, mounted, read_only
from tests.search.fake_trainer import FakeTrainer, search
from tuner.errors import StorageError
from tuner.search import storage as storages
from tuner.search.stop import StopReason, StopRequest
from tuner.search.storage import exists, masked, opened, storage_url

PROJECT = Path(tuner.__file__).parents[1]


def sqlite(path: Path) -> URL:
    return URL.create("sqlite", database=str(path))


def states(storage) -> list[str]:
    return [trial.state.name for trial in optuna.load_study(study_name="small", storage=storage).get_trials()]


def refusal(url: URL) -> str:
    """What is said when a storage is opened that cannot be."""
    with pytest.raises(StorageError) as caught, opened(url):
        pass
    return str(caught.value)


# Which storage is meant.


def test_the_storage_is_tuner_db_in_the_root_unless_stated(tmp_path):
    assert storage_url(None, {}, None, tmp_path).database == str(tmp_path / "tuner.db")


def test_the_command_line_comes_before_the_environment_and_that_before_the_file(tmp_path):
    root = tmp_path / "root"
    everywhere = ("sqlite:///stated.db", {"TUNER_STORAGE": "sqlite:///environment.db"}, "sqlite:///configured.db")
    assert storage_url(*everywhere, root).database == str(tmp_path / "stated.db")
    assert storage_url(None, *everywhere[1:], root).database == str(tmp_path / "environment.db")
    assert storage_url(None, {}, "sqlite:///configured.db", root).database == str(root / "configured.db")
    assert storage_url(None, {"TUNER_STORAGE": ""}, None, root).database == str(root / "tuner.db")


def test_an_absolute_path_stays_as_it_is(tmp_path):
    assert storage_url("sqlite:////data/trials.db", {}, None, tmp_path).database == "/data/trials.db"


def test_a_tilde_means_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    assert storage_url("sqlite:///~/trials.db", {}, None, tmp_path).database == "/home/somebody/trials.db"


@pytest.mark.parametrize("text", ["results.db", "sqlite", "://", "sqlite//x.db"])
def test_what_is_no_url_is_refused_with_an_example(tmp_path, text):
    with pytest.raises(StorageError, match=r"--storage: .* is no storage URL; write sqlite:///results\.db"):
        storage_url(text, {}, None, tmp_path)


# Passwords.


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://ann:hush@host/trials",
        "postgresql+psycopg://:hush@host/trials",
        "postgresql+psycopg://host/trials?user=ann&password=hush",
        "mysql://host/trials?passwd=hush",
        "postgresql://host/trials?sslpassword=hush",
    ],
)
def test_a_password_on_the_command_line_is_refused_and_not_repeated(tmp_path, url):
    with pytest.raises(StorageError, match="holds a password") as caught:
        storage_url(url, {}, None, tmp_path)
    assert "hush" not in str(caught.value)
    assert "TUNER_STORAGE" in str(caught.value)
    assert "hush" not in masked(storage_url(None, {"TUNER_STORAGE": url}, None, tmp_path))


def test_what_is_no_url_but_may_hold_a_password_is_not_repeated(tmp_path):
    with pytest.raises(StorageError) as caught:
        storage_url(None, {"TUNER_STORAGE": "postgresql:/ann:hush@host/trials"}, None, tmp_path)
    assert "hush" not in str(caught.value)


def test_a_server_that_cannot_be_had_is_named_without_its_password():
    assert "hush" not in refusal(make_url("no_such_database://ann:hush@host/trials"))


def test_a_missing_driver_is_named():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "pymysql", None)
        said = refusal(make_url("mysql+pymysql://ann:hush@host/trials"))
    assert "pymysql is not installed here" in said
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


def test_finished_trials_are_kept_in_memory(storage):
    assert type(storage).__name__ == "_CachedStorage"


@pytest.mark.parametrize("name", ["with space.db", "100%.db", "what?.db", "a#b.db", "käse.db"])
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


@pytest.mark.parametrize("there", [True, False], ids=["a file", "a new file"])
def test_what_may_not_be_written_to_is_refused_before_anything_is(url, monkeypatch, there):
    """Permissions do not bind root, so that the operating system's answer is made up."""
    if there:
        with opened(url) as storage:
            search(storage, trials=1)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert ("is read-only" if there else "is not writable") in refusal(url)


def test_a_read_only_disk_is_refused_and_leaves_everything_as_it_is(tmp_path):
    with mounted(tmp_path / "disk", kilobytes=2000) as disk:
        url = sqlite(disk / "trials.db")
        with opened(url) as storage:
            search(storage, trials=2)
        before = Path(url.database).read_bytes()
        with read_only(disk):
            assert "is read-only" in refusal(url)
            assert "is not writable" in refusal(sqlite(disk / "new.db"))
            assert Path(url.database).read_bytes() == before
        with opened(url) as storage:
            search(storage, trials=3)
            assert states(storage) == ["COMPLETE"] * 3


def test_a_disk_that_becomes_read_only_during_a_search_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(storages, "_connect", lambda path: sqlite3.connect(f"file:{path}?mode=ro", uri=True))
    url = sqlite(tmp_path / "trials.db")
    said = refusal(url)
    assert said == f"storage {url}: the file cannot be opened; look at its folder and who may write there"


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
                search(storage, trials=2)
                assert states(storage) == ["COMPLETE"] * 2
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


def test_a_disk_that_becomes_full_during_a_search_keeps_every_trial(tmp_path):
    with mounted(tmp_path / "disk", kilobytes=8000) as disk:
        url = sqlite(disk / "trials.db")

        def before_epoch(job, epoch):
            if job.number == 3 and epoch == 1:
                fill(disk)

        with (
            pytest.raises(StorageError, match="the disk is full; everything so far is kept; make room and start again"),
            opened(url) as storage,
        ):
            search(storage, trainer=FakeTrainer(before_epoch=before_epoch), trials=50)
        (disk / "filler").unlink()
        with opened(url) as storage:
            left = states(storage)
            assert left[:3] == ["COMPLETE"] * 3
            search(storage, trials=6)
            assert sorted(states(storage)) == ["COMPLETE"] * 6


def test_a_lock_that_is_not_given_up_is_named(url, monkeypatch):
    with opened(url) as storage:
        search(storage, trials=1)
    monkeypatch.setattr(storages, "BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(url.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="another process has kept it locked"), opened(url) as storage:
            search(storage, trials=2)
    with opened(url) as storage:
        search(storage, trials=2)
        assert states(storage) == ["COMPLETE"] * 2


def test_a_study_that_is_deleted_during_its_search_ends_it_with_a_sentence(url):
    def before_epoch(job, epoch):
        if epoch == 1:
            with opened(url) as other:
                optuna.delete_study(study_name="small", storage=other)

    with pytest.raises(StorageError, match="the study was deleted meanwhile"), opened(url) as storage:
        search(storage, trainer=FakeTrainer(before_epoch=before_epoch))


def test_a_trial_that_is_ended_in_the_dashboard_ends_the_search_with_a_sentence(url):
    def before_epoch(job, epoch):
        if epoch == 1:
            with opened(url) as other:
                optuna.load_study(study_name="small", storage=other).tell(job.number, 1.0)

    with pytest.raises(StorageError, match="was ended by somebody else"), opened(url) as storage:
        search(storage, trainer=FakeTrainer(before_epoch=before_epoch))


def test_an_error_that_is_none_of_the_storages_is_passed_on(url):
    for error in (RuntimeError("a bug"), KeyError("a bug"), ImportError("a bug")):
        with pytest.raises(type(error), match="a bug"), opened(url):
            raise error


def test_a_search_that_is_killed_leaves_a_database_that_goes_on(url):
    script = (
        "import os, sys\n"
        "from sqlalchemy.engine import URL\n"
        "from tests.search.fake_trainer import FakeTrainer, search\n"
        "from tuner.search.storage import opened\n"
        "def before_epoch(job, epoch):\n"
        "    if job.number == 2 and epoch == 2:\n"
        "        os.kill(os.getpid(), 9)\n"
        "with opened(URL.create('sqlite', database=sys.argv[1])) as storage:\n"
        "    search(storage, trainer=FakeTrainer(before_epoch=before_epoch))\n"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(url.database)], cwd=PROJECT)
    assert killed.returncode == -9
    with opened(url) as storage:
        assert states(storage) == ["COMPLETE", "COMPLETE", "RUNNING"]
        search(storage, trials=4)
        assert states(storage) == ["COMPLETE"] * 4


# Whether it is there.


def test_a_storage_is_there_when_its_file_is(tmp_path):
    url = sqlite(tmp_path / "trials.db")
    assert not exists(url)
    Path(url.database).touch()
    assert exists(url)


def test_a_server_is_taken_to_be_there():
    assert exists(make_url("postgresql://host/trials"))


def test_an_ordinary_stop_is_no_trouble(url):
    stop = StopRequest()
    stop.ask(StopReason.INTERRUPTED)
    with opened(url) as storage:
        search(storage, stop=stop)
        assert states(storage) == []


@pytest.mark.parametrize(
    "text", ["postgresql://u:top@secret@127.0.0.1:1/db", "u:topsecret", "postgresql+psycopg://u:top/secret@x@y/db"]
)
def test_no_part_of_a_password_is_shown_when_its_url_cannot_be_read(text, tmp_path):
    with pytest.raises(StorageError) as refused:
        storage_url(None, {"TUNER_STORAGE": text}, None, tmp_path)
    assert "secret" not in str(refused.value)
    assert "TUNER_STORAGE: " in str(refused.value)


def test_a_file_may_have_an_at_sign_in_its_name(tmp_path):
    url = storage_url(f"sqlite:///{tmp_path}/me@home.db", {}, None, tmp_path)
    assert url.database == f"{tmp_path}/me@home.db"
