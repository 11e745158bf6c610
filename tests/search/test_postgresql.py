"""A storage on a PostgreSQL server, for real."""

from __future__ import annotations

import sys

import optuna
import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL, make_url

from tests.processes import at_once
from tests.search.test_storage import refusal, search, states
from tests.servers import GUARDED, PASSWORD, Server
from tuner.errors import StorageError
from tuner.search.postgresql import server_url
from tuner.search.storage import masked, opened, opened_backend

pytestmark = pytest.mark.needs("postgresql")


def guarded(url: URL, password: str | None = PASSWORD) -> URL:
    """The same database for the user who needs a password."""
    return url.set(username=GUARDED, password=password)


# Which server is meant.


@pytest.mark.parametrize("name", ["postgresql", "postgres", "postgresql+psycopg"])
def test_the_driver_may_be_left_out(name):
    assert server_url(make_url(f"{name}://ann@host/trials")).drivername == "postgresql+psycopg"


@pytest.mark.parametrize("name", ["postgresql+psycopg2", "postgresql+asyncpg", "postgresql+pg8000"])
def test_another_driver_is_refused_with_the_right_one(name):
    with pytest.raises(StorageError, match=r"write postgresql\+psycopg://") as caught:
        server_url(make_url(f"{name}://ann:hush@host/trials"))
    assert "hush" not in str(caught.value)


def test_a_missing_driver_is_named_with_the_way_out(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert "its driver is missing; pip install 'psycopg[binary]'" in refusal(make_url("postgresql://host/trials"))


# Opening.


def test_a_server_keeps_trials(postgresql):
    with opened(postgresql) as storage:
        search(storage, trials=2)
    with opened(postgresql.set(drivername="postgresql")) as storage:
        assert states(storage) == ["COMPLETE"] * 2


def test_any_password_and_any_database_name_will_do(postgresql, postgresql_server):
    strange = URL.create(
        "postgresql", GUARDED, PASSWORD, postgresql.host, postgresql.port, "50% {mine} & yours, #1 käse"
    )
    with postgresql_server.connected() as connection:
        connection.execute(f'CREATE DATABASE "{strange.database}" OWNER {GUARDED}')
    try:
        with opened(strange) as storage:
            search(storage, trials=1)
    finally:
        postgresql_server.drop_database(str(strange.database))


def test_connections_are_few_tried_before_use_and_bear_our_name(postgresql):
    with opened_backend(postgresql) as storage:
        pool = storage.engine.pool
        assert (pool.size(), pool._max_overflow, pool._pre_ping) == (2, 2, True)
        with storage.engine.connect() as connection:
            name = connection.scalar(text("SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()"))
    assert name == "tuner"


def test_what_a_url_says_about_the_connection_comes_first(postgresql):
    stated = postgresql.update_query_dict({"application_name": "night"})
    with opened_backend(stated) as storage, storage.engine.connect() as connection:
        assert connection.scalar(text("SHOW application_name")) == "night"


def test_a_closed_storage_leaves_no_connection_behind(postgresql, postgresql_server):
    with opened(postgresql) as storage:
        search(storage, trials=1)
    with postgresql_server.connected() as connection:
        left = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
        for _ in range(100):
            if connection.execute(left, [postgresql.database]).fetchone() == (0,):
                return
    pytest.fail("a connection is left")


OPEN = """
import sys
from sqlalchemy.engine import make_url
from tuner.search.storage import opened

url = make_url(sys.argv[1])

GO

with opened(url) as storage:
    print(len(storage.get_all_studies()))
"""


def test_processes_that_open_a_fresh_database_at_once_all_succeed(postgresql):
    address = postgresql.render_as_string(hide_password=False)
    assert at_once(OPEN, [[address]] * 4) == ["0\n"] * 4


def test_tables_that_were_broken_off_while_they_were_made_are_completed(postgresql, postgresql_server):
    with opened(postgresql):
        pass
    with postgresql_server.connected(str(postgresql.database)) as connection:
        connection.execute("DROP TABLE trial_heartbeats, version_info, alembic_version")
    with opened(postgresql) as storage:
        search(storage, trials=1)


def test_a_user_who_may_only_read_can_look_and_is_told_so_when_writing(postgresql, postgresql_server):
    with opened(postgresql) as storage:
        search(storage, trials=2)
    with postgresql_server.connected(str(postgresql.database)) as connection:
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {GUARDED}")
    with opened(guarded(postgresql)) as storage:
        assert states(storage) == ["COMPLETE"] * 2
    with pytest.raises(StorageError, match="this user may not do that there"), opened(guarded(postgresql)) as storage:
        optuna.create_study(study_name="another", storage=storage)


def test_a_database_of_another_version_of_optuna_is_refused(postgresql, postgresql_server):
    with opened(postgresql):
        pass
    with postgresql_server.connected(str(postgresql.database)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'v99.0.0.a'")
    assert "another version of Optuna" in refusal(postgresql)


# What is said when a server cannot be had.


def test_a_password_that_is_wrong_or_missing_is_named_and_not_repeated(postgresql):
    said = refusal(guarded(postgresql, "hush-hush"))
    assert "the server refuses the password" in said
    assert "hush-hush" not in said
    said = refusal(guarded(postgresql, None))
    assert "the server wants a password; put it into TUNER_STORAGE, or into the file that PGPASSFILE names" in said


def test_a_password_may_stand_where_postgresql_looks_for_it(postgresql, tmp_path, monkeypatch):
    path = tmp_path / "passwords"
    escaped = PASSWORD.replace("\\", "\\\\").replace(":", "\\:")
    path.write_text(f"{postgresql.host}:{postgresql.port}:*:{GUARDED}:{escaped}\n")
    path.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(path))
    with opened(guarded(postgresql, None)) as storage:
        search(storage, trials=1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"database": "nowhere"}, "the server has no such database; make it with createdb"),
        ({"port": 1}, "no server answers there; is it running?"),
        ({"host": "nowhere.invalid"}, "there is no such host"),
    ],
    ids=["database", "port", "host"],
)
def test_what_is_not_there_is_named(postgresql, change, said):
    assert said in refusal(postgresql.set(**change))


def test_a_server_without_a_connection_left_is_named(postgresql, postgresql_server):
    with postgresql_server.connected() as connection:
        connection.execute(f"ALTER ROLE {GUARDED} CONNECTION LIMIT 0")
        try:
            assert "the server has no connection left; see its max_connections" in refusal(guarded(postgresql))
        finally:
            connection.execute(f"ALTER ROLE {GUARDED} CONNECTION LIMIT -1")


def test_a_server_that_stops_in_between_is_named_and_a_restarted_one_is_found_again(
    postgresql: URL, postgresql_server: Server
) -> None:
    with opened(postgresql) as storage:
        search(storage, trials=1)
        postgresql_server.stop("immediate")
        postgresql_server.start()
        search(storage, trials=2)
        postgresql_server.stop()
    assert "no server answers there" in refusal(postgresql)
    assert masked(guarded(postgresql)) in refusal(guarded(postgresql))
    assert PASSWORD not in refusal(guarded(postgresql))
