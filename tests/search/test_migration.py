"""Storages that a real older Optuna has made: tests/search/older has what Optuna 2.10.1 wrote."""

from __future__ import annotations

import logging
import math
import sqlite3
from contextlib import closing
from pathlib import Path

import optuna
import pytest
from sqlalchemy.engine import URL

from tests.servers import GUARDED, PASSWORD, Server
from tuner.errors import StorageError
from tuner.search.looking import schema_at
from tuner.search.migration import migrate
from tuner.search.storage import opened, sqlite_url

OLDER = Path(__file__).parent / "older"


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A file of Optuna 2.10.1, with a name that is hard on URLs."""
    path = tmp_path / "50% of what?.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((OLDER / "optuna_2_10.sqlite.sql").read_text())
    return path


@pytest.fixture
def older_server(postgresql: URL, postgresql_server: Server) -> URL:
    """The same on a server."""
    with postgresql_server.connected(str(postgresql.database)) as connection:
        connection.execute((OLDER / "optuna_2_10.postgresql.sql").read_text())
    return postgresql


def told(url: URL) -> list[tuple[str, float | None, dict[str, object]]]:
    with opened(url) as storage:
        study = optuna.load_study(study_name="old", storage=storage)
        assert study.user_attrs == {"why": "old"}
        return [(trial.state.name, trial.value, trial.params) for trial in study.trials]


EXPECTED = [
    ("COMPLETE", 0.417022004702574, {"x": 0.417022004702574, "k": "a"}),
    ("COMPLETE", math.inf, {"x": 0.30233257263183977, "k": "a"}),
    ("PRUNED", 0.1862602113776709, {"x": 0.1862602113776709, "k": "b"}),
]


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def run(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()


def test_an_older_file_is_refused_with_the_way_out(older):
    with pytest.raises(
        StorageError, match=r"has tables of another version of Optuna, 2\.10\.1 \(v2\.6\.0\.a; .*migrate"
    ):
        told(sqlite_url(older))


def test_an_older_file_is_brought_up_to_date_and_kept_as_it_was_beside_unless_trials_are_running(older, tmp_path):
    run(older, "UPDATE trials SET state = 'RUNNING' WHERE number = 2")
    before = dump(older)
    with pytest.raises(StorageError, match=r"trials that are being trained \(1 of old\); .* --despite-running"):
        migrate(sqlite_url(older), despite_running=False)
    assert dump(older) == before
    silenced = logging.getLogger("tuner.search").disabled
    done = migrate(sqlite_url(older), despite_running=True)
    assert (done.before, done.after, done.copy) == ("v2.6.0.a", "v3.2.0.a", tmp_path / "50% of what?.db-v2.6.0.a")
    assert told(sqlite_url(older)) == [*EXPECTED[:2], ("RUNNING", *EXPECTED[2][1:])]
    assert dump(done.copy) == before
    assert logging.getLogger("tuner.search").disabled == silenced
    again = migrate(sqlite_url(older), despite_running=False)
    assert (again.before, again.after, again.copy) == ("v3.2.0.a", "v3.2.0.a", None)
    assert {path.name for path in tmp_path.iterdir()} == {older.name, f"{older.name}-lock", f"{older.name}-v2.6.0.a"}


def test_a_file_whose_migration_fails_is_as_it_was(older):
    run(older, "CREATE INDEX trials_study_id_key ON trials (number)")  # the last migration makes one of that name
    before = dump(older)
    with pytest.raises(StorageError, match=r"cannot be brought up to date, and is as it was: .*already exists"):
        migrate(sqlite_url(older), despite_running=False)
    assert dump(older) == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "UPDATE alembic_version SET version_num = 'v99.0.0.a'",
            r"\(v99\.0\.0\.a; this one needs .*install that version",
        ),
        ("DROP TABLE alembic_version", "has only some of the tables; complete them with `tuner storage init`"),
    ],
)
def test_tables_that_no_migration_helps_are_refused_and_left_alone(older, change, said):
    run(older, change)
    before = dump(older)
    with pytest.raises(StorageError, match=said):
        migrate(sqlite_url(older), despite_running=False)
    assert dump(older) == before


@pytest.mark.needs("postgresql")
def test_an_older_server_is_brought_up_to_date_by_its_owner_all_or_nothing(
    older_server: URL, postgresql_server: Server
) -> None:
    with postgresql_server.connected(str(older_server.database)) as connection:
        connection.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {GUARDED}")
        with pytest.raises(StorageError, match="and is as it was: only the owner of the tables may change them"):
            migrate(older_server.set(username=GUARDED, password=PASSWORD), despite_running=False)
        connection.execute("CREATE INDEX trials_study_id_key ON trials (number)")
        with pytest.raises(StorageError, match="already exists"):
            migrate(older_server, despite_running=False)
        assert schema_at(older_server).version == "v2.6.0.a"
        columns = "SELECT count(*) FROM information_schema.columns WHERE column_name = 'intermediate_value_type'"
        assert connection.execute(columns).fetchone() == (0,)
        connection.execute("DROP INDEX trials_study_id_key")
    done = migrate(older_server, despite_running=False)
    assert (done.before, done.after, done.copy) == ("v2.6.0.a", "v3.2.0.a", None)
    assert told(older_server) == EXPECTED
    assert migrate(older_server, despite_running=False).before == "v3.2.0.a"
