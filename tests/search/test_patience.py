from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy.exc
from optuna.exceptions import StorageInternalError, UpdateFinishedTrialError
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from tests.search.disks import fill, mounted
from tests.servers import GUARDED, Server
from tuner.errors import StorageError
from tuner.search.patience import LONGEST_DELAY, Patience, is_transient
from tuner.search.storage import opened_backend, storage_trouble


class Time:
    """A clock that only moves when somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


class ServerError(Exception):
    """As psycopg raises it."""

    def __init__(self, message: str, sqlstate: str | None = None) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate


def operational(message: str, sqlstate: str | None = None, *, lost: bool = False) -> sqlalchemy.exc.OperationalError:
    return sqlalchemy.exc.OperationalError("SELECT 1", {}, ServerError(message, sqlstate), connection_invalidated=lost)


def from_sqlite(code: int, message: str = "made up") -> sqlalchemy.exc.OperationalError:
    raised = sqlite3.OperationalError(message)
    raised.sqlite_errorcode = code
    return sqlalchemy.exc.OperationalError("SELECT 1", {}, raised)


def within_optuna(error: Exception) -> StorageInternalError:
    wrapper = StorageInternalError("An exception is raised during the commit.")
    wrapper.__cause__ = error
    return wrapper


REFUSED = operational('connection to server at "127.0.0.1", port 1 failed: Connection refused')


def failing(*errors: Exception) -> Callable[[], str]:
    """A transaction that raises these one after another, and then is made."""
    left = list(errors)

    def transaction() -> str:
        if left:
            raise left.pop(0)
        return "made"

    return transaction


# What passes.


@pytest.mark.parametrize(
    "error",
    [
        REFUSED,
        operational("failed to resolve host 'db': Temporary failure in name resolution"),
        operational("connection timeout expired"),
        operational("consuming input failed: server closed the connection unexpectedly", lost=True),
        operational("connection failed: FATAL:  the database system is starting up"),
        operational("connection failed: FATAL:  the database system is shutting down"),
        operational("connection failed: FATAL:  sorry, too many clients already"),
        operational("terminating connection due to administrator command", "57P01"),
        operational("the database system is starting up", "57P03"),
        operational("could not serialize access due to concurrent update", "40001"),
        operational("deadlock detected", "40P01"),
        operational("canceling statement due to lock timeout", "55P03"),
        operational("could not extend file: No space left on device", "53100"),
        operational("connection failure", "08006"),
        sqlalchemy.exc.InterfaceError("SELECT 1", {}, ServerError("the connection is closed")),
        sqlalchemy.exc.DBAPIError("SELECT 1", {}, ServerError("the connection is lost"), connection_invalidated=True),
        sqlalchemy.exc.PendingRollbackError("Can't reconnect until invalid transaction is rolled back."),
        sqlalchemy.exc.TimeoutError("QueuePool limit of size 2 overflow 2 reached"),
        from_sqlite(sqlite3.SQLITE_BUSY, "database is locked"),
        from_sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT, "database is locked"),
        from_sqlite(sqlite3.SQLITE_FULL, "database or disk is full"),
        from_sqlite(sqlite3.SQLITE_IOERR_WRITE, "disk I/O error"),
    ],
    ids=str,
)
def test_what_passes_by_itself_is_worth_waiting_for(error):
    assert is_transient(error)
    assert is_transient(within_optuna(error))


@pytest.mark.parametrize(
    "error",
    [
        operational('connection failed: FATAL:  password authentication failed for user "ann"'),
        operational("connection failed: fe_sendauth: no password supplied"),
        operational('connection failed: FATAL:  database "nowhere" does not exist'),
        operational('connection failed: FATAL:  no pg_hba.conf entry for host "1.2.3.4"'),
        operational("connection failed: server does not support SSL, but SSL was required"),
        operational("canceling statement due to statement timeout", "57014"),
        sqlalchemy.exc.InternalError("INSERT", {}, ServerError("cannot execute in a read-only transaction", "25006")),
        sqlalchemy.exc.ProgrammingError("SELECT", {}, ServerError('relation "trials" does not exist', "42P01")),
        sqlalchemy.exc.ProgrammingError("SELECT", {}, ServerError("permission denied for table trials", "42501")),
        sqlalchemy.exc.IntegrityError("INSERT", {}, ServerError("duplicate key value", "23505")),
        sqlalchemy.exc.DataError("INSERT", {}, ServerError("value too long", "22001")),
        sqlalchemy.exc.InvalidRequestError("a bug"),
        from_sqlite(sqlite3.SQLITE_READONLY, "attempt to write a readonly database"),
        from_sqlite(sqlite3.SQLITE_CANTOPEN, "unable to open database file"),
        from_sqlite(sqlite3.SQLITE_ERROR, "no such table: trials"),
    ],
    ids=str,
)
def test_what_stays_wrong_is_not_waited_for(error):
    assert not is_transient(error)
    assert not is_transient(within_optuna(error))


@pytest.mark.parametrize("error", [KeyError("no trial"), RuntimeError("a bug"), UpdateFinishedTrialError(), OSError()])
def test_what_is_no_databases_error_is_not_waited_for(error):
    assert not is_transient(error)


# Waiting.


def test_a_transaction_without_trouble_is_made_once_and_nobody_hears_of_it():
    told: list[object] = []
    patience = Patience(on_trouble=lambda *said: told.append(said), on_recovery=told.append)
    assert patience(failing()) == "made"
    assert told == []


def test_a_transaction_is_made_again_until_the_trouble_has_passed():
    time, troubles, recoveries = Time(), [], []
    patience = Patience(
        on_trouble=lambda sentence, waited: troubles.append((sentence, waited)),
        on_recovery=recoveries.append,
        clock=time.clock,
        sleep=time.sleep,
        jitter=lambda: 1.0,
    )
    assert patience(failing(REFUSED, within_optuna(REFUSED), operational("deadlock detected", "40P01"))) == "made"
    assert troubles == [("no server answers there; is it running?", 0.0)]
    assert recoveries == [pytest.approx(0.1 + 0.2 + 0.4)]


def test_each_wait_is_twice_as_long_up_to_the_longest_and_none_is_the_same_for_two_workers():
    lengths = []
    for jitter in (0.0, 1.0):
        time = Time()
        attempts: list[float] = []

        def transaction(time: Time = time, attempts: list[float] = attempts) -> None:
            attempts.append(time.now)
            raise REFUSED

        with pytest.raises(sqlalchemy.exc.OperationalError):
            Patience(60, clock=time.clock, sleep=time.sleep, jitter=lambda jitter=jitter: jitter)(transaction)
        lengths.append([later - earlier for earlier, later in pairwise(attempts)])
    shorter, longer = lengths
    assert longer[:6] == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2])
    assert max(longer) == pytest.approx(LONGEST_DELAY)
    assert shorter[:8] == pytest.approx([length / 2 for length in longer[:8]])


def test_when_the_patience_is_at_its_end_the_trouble_itself_is_raised():
    time = Time()
    with pytest.raises(sqlalchemy.exc.OperationalError) as caught:
        Patience(7, clock=time.clock, sleep=time.sleep)(failing(*[REFUSED] * 1000))
    assert caught.value is REFUSED
    assert time.now == pytest.approx(7)


def test_no_patience_is_one_attempt():
    with pytest.raises(sqlalchemy.exc.OperationalError):
        Patience(0)(failing(REFUSED))


def test_what_will_not_pass_is_raised_at_once_also_after_some_waiting():
    time = Time()
    lasting = operational("connection failed: fe_sendauth: no password supplied")
    with pytest.raises(sqlalchemy.exc.OperationalError) as caught:
        Patience(clock=time.clock, sleep=time.sleep)(failing(REFUSED, lasting))
    assert caught.value is lasting
    assert time.now < 1


def test_nothing_is_waited_for_once_it_is_given_up():
    time = Time()
    patience = Patience(give_up=lambda: time.now > 10, clock=time.clock, sleep=time.sleep)
    with pytest.raises(sqlalchemy.exc.OperationalError):
        patience(failing(*[REFUSED] * 1000))
    assert 10 < time.now < 10.5


# For real.


class Counted:
    """A table of numbers, each of which is written in a transaction of its own."""

    def __init__(self, engine: Engine, patience: Patience) -> None:
        self._engine = engine
        self._patience = patience
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE numbers (number INTEGER PRIMARY KEY)"))

    def write(self, number: int) -> None:
        def transaction() -> None:
            with self._engine.begin() as connection:
                connection.execute(text(f"INSERT INTO numbers VALUES ({number}) ON CONFLICT DO NOTHING"))

        self._patience(transaction)

    @property
    def numbers(self) -> list[int]:
        with self._engine.begin() as connection:
            return list(connection.scalars(text("SELECT number FROM numbers ORDER BY number")))


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def patience(said: list[str]) -> Patience:
    return Patience(
        60,
        on_trouble=lambda sentence, waited: said.append(sentence),
        on_recovery=lambda waited: said.append(f"over after {waited:.1f} s"),
    )


@pytest.mark.needs("postgresql")
@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_server_that_is_away_for_seconds_costs_no_transaction(
    postgresql: URL, postgresql_server: Server, patience: Patience, said: list[str], mode: str
) -> None:
    with opened_backend(postgresql) as backend:
        table = Counted(backend.engine, patience)
        over = threading.Event()

        def work() -> Iterator[int]:
            number = 0
            while not over.is_set() or len(said) < 2:
                table.write(number)
                yield number
                number += 1

        written: list[int] = []
        worker = threading.Thread(target=lambda: written.extend(work()))
        worker.start()
        try:
            time.sleep(0.3)
            postgresql_server.stop(mode)
            time.sleep(3)
            postgresql_server.start()
        finally:
            over.set()
            worker.join(timeout=60)
        assert len(written) > 10
        assert table.numbers == written
    trouble, recovery = said
    assert "the server" in trouble or "no server" in trouble
    assert float(recovery.split()[-2]) > 2.5


@pytest.mark.needs("postgresql")
def test_a_server_that_lets_nobody_in_is_not_waited_for(postgresql, patience, said):
    for change in ({"username": GUARDED, "password": "wrong"}, {"database": "nowhere"}):
        engine = create_engine(postgresql.set(**change), poolclass=NullPool)
        with pytest.raises(sqlalchemy.exc.OperationalError):
            patience(lambda engine=engine: engine.connect().close())
    assert said == []


LOCK = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
time.sleep(2)
connection.execute("ROLLBACK")
"""


def engine_of(path: Path) -> Engine:
    """A connection that does not wait by itself."""
    return create_engine("sqlite://", creator=lambda: sqlite3.connect(path, timeout=0.01), poolclass=NullPool)


def test_a_file_that_another_process_keeps_locked_is_waited_for(tmp_path, patience, said):
    table = Counted(engine_of(tmp_path / "trials.db"), patience)
    with subprocess.Popen([sys.executable, "-c", LOCK, str(tmp_path / "trials.db")], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        table.write(1)
    assert table.numbers == [1]
    assert "another process has kept it locked" in said[0]
    assert len(said) == 2


def test_a_full_disk_is_waited_for_until_there_is_room(tmp_path, patience, said):
    with mounted(tmp_path / "disk", kilobytes=1000) as disk:
        table = Counted(engine_of(disk / "trials.db"), patience)
        filler = fill(disk)
        timer = threading.Timer(1.0, filler.unlink)
        timer.start()
        for number in range(1000):
            table.write(number)
        timer.join()
        assert table.numbers == list(range(1000))
    assert "disk" in said[0]
    assert len(said) == 2


def test_a_trouble_that_outlasts_the_patience_is_one_sentence_for_a_person(tmp_path):
    path = tmp_path / "trials.db"
    table = Counted(engine_of(path), Patience(0.3))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        url = URL.create("sqlite", database=str(path))
        with pytest.raises(StorageError, match="another process has kept it locked"), storage_trouble(url):
            table.write(1)
