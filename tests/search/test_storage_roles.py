"""The roles of docs/storage.md, on a server: what a worker and a reader may do, and what they may not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState
from sqlalchemy.engine import URL
from sqlalchemy.exc import ProgrammingError

from tests.docs.pages import ROOT, blocks
from tests.servers import GUARDED, PASSWORD, Server
from tuner.actions.show import show
from tuner.actions.storage_backup import backup
from tuner.actions.storage_check import check
from tuner.actions.storage_init import init
from tuner.errors import StorageError
from tuner.search.block_storage import BlockStorage
from tuner.search.owners import present
from tuner.search.postgresql import engine_of
from tuner.search.storage import making_a_study, opened_backend

pytestmark = pytest.mark.needs("postgresql")


@dataclass
class Roles:
    """The URLs of one database under the three roles."""

    owner: URL
    worker: URL
    reader: URL


@pytest.fixture
def roles(postgresql: URL, postgresql_server: Server) -> Iterator[Roles]:
    """A database whose tables and rights were made as the page says."""
    names, rights = (block.text for block in blocks(ROOT / "docs" / "storage.md") if block.language == "sql")
    made = [
        line for line in names.splitlines() if line.startswith(("CREATE ROLE tuner_worker", "CREATE ROLE tuner_reader"))
    ]
    assert len(made) == 2
    owner = postgresql.set(username=GUARDED, password=PASSWORD)
    database = str(postgresql.database)
    here = rights.replace("DATABASE tuner ", f"DATABASE {database} ").replace("FOR ROLE tuner ", f"FOR ROLE {GUARDED} ")
    assert here.count(GUARDED) == 3
    with postgresql_server.connected(database) as connection:
        for line in made:
            connection.execute(line)
        for role in ("tuner_worker", "tuner_reader"):
            connection.execute(f"ALTER ROLE {role} PASSWORD 'hush'")
        try:
            init(storage=owner)
            connection.execute(here)
            yield Roles(
                owner,
                owner.set(username="tuner_worker", password="hush"),
                owner.set(username="tuner_reader", password="hush"),
            )
        finally:
            connection.execute("DROP OWNED BY tuner_worker, tuner_reader")
            connection.execute("DROP ROLE tuner_worker, tuner_reader")


def searched_by(url: URL) -> None:
    """All that a search does with a storage: makes a study, takes trials, reports, starts one over, gives one back."""
    with opened_backend(url) as backend, closing(BlockStorage(backend)) as blocks:
        with making_a_study(url, backend):
            study = optuna.create_study(storage=blocks, study_name="small", load_if_exists=True)
            study.set_user_attr("tuner:trials", 3)
            study.enqueue_trial({"x": 0.5})
        number = study._study_id
        with present() as owner, blocks.hold(owner):
            first, second, third = blocks.take(number, 3, total=3)
            for step in range(3):
                for trial in (first, second, third):
                    blocks.set_trial_intermediate_value(trial, step, 0.5)
            study.sampler = optuna.samplers.RandomSampler(seed=20)
            blocks.set_trial_param(first, "x", 0.5, optuna.distributions.FloatDistribution(0, 1))
            assert blocks.flush() == frozenset()
            blocks.beat(number)
            blocks.forget(second, from_epoch=1)
            blocks.set_trial_user_attr(first, "seconds", 1.0)
            blocks.set_trial_state_values(first, TrialState.COMPLETE, [0.5])
            blocks.set_trial_state_values(second, TrialState.PRUNED)
            assert blocks.flush() == frozenset()
        with blocks.hold({"another": "search"}):
            given = blocks.give_back(number, lambda trial: True, grace_seconds=120, most=20)
        assert [each.number for each in given] == [2]


OWNERS_ONLY = (
    "DROP TABLE trials",
    "CREATE TABLE own (n int)",
    "CREATE TEMP TABLE own (n int)",
    "TRUNCATE trials",
    "DELETE FROM studies",
    "UPDATE alembic_version SET version_num = 'v1'",
    "ALTER TABLE trials ADD COLUMN n int",
    "ALTER SEQUENCE trials_trial_id_seq RESTART",
)
WORKERS_ONLY = (
    "UPDATE trials SET number = 1",
    "DELETE FROM trial_intermediate_values",
    "SELECT * FROM trials FOR UPDATE",
)


def test_a_worker_may_search_but_not_change_tables_and_a_reader_may_look_but_change_nothing(
    roles: Roles, tmp_path: Path
) -> None:
    for url, forbidden in ((roles.worker, OWNERS_ONLY), (roles.reader, (*OWNERS_ONLY, *WORKERS_ONLY))):
        with engine_of(url).connect() as connection:
            for statement in forbidden:
                with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
                    connection.exec_driver_sql(statement)
                connection.rollback()
    with pytest.raises(StorageError, match="this user may not do that there"):
        searched_by(roles.reader)
    for url in (roles.worker, roles.reader):
        assert not init(storage=url).made
    searched_by(roles.worker)
    trials = show("small", storage=roles.reader).trials
    assert (trials.complete, trials.pruned, trials.waiting) == (1, 1, 1)
    assert check(storage=roles.worker, workers=40).problems == ()
    assert check(storage=roles.reader).problems == ()
    assert backup(tmp_path / "backup.db", storage=roles.reader).studies == 1


def test_rights_and_connections_that_are_missing_are_named(roles: Roles, postgresql_server: Server) -> None:
    [problem] = check(storage=roles.worker, workers=60).problems
    assert "60 workers take 124, but max_connections of the server without those for superusers allows 97;" in problem
    [problem] = check(storage=roles.reader, workers=5).problems
    assert "does not let the role tuner_reader write trials: it lacks DELETE on trial_intermediate_values;" in problem
    with postgresql_server.connected(str(roles.owner.database)) as connection:
        connection.execute("ALTER ROLE tuner_worker CONNECTION LIMIT 11")
        [problem] = check(storage=roles.worker, workers=4).problems
        assert "4 workers take 12, but the CONNECTION LIMIT of the role tuner_worker allows 11;" in problem
        assert "start 3 workers at the most" in problem
        assert check(storage=roles.worker, workers=3).problems == ()
        connection.execute("REVOKE USAGE ON SEQUENCE trials_trial_id_seq FROM tuner_worker")
        [problem] = check(storage=roles.worker, workers=3).problems
        assert "it lacks USAGE on public.trials_trial_id_seq; docs/storage.md has the GRANTs" in problem
        connection.execute("REVOKE SELECT ON studies FROM tuner_reader")
        [problem] = check(storage=roles.reader).problems
        assert "does not let the role tuner_reader read studies;" in problem
        connection.execute("REVOKE USAGE ON SCHEMA public FROM tuner_reader, PUBLIC")
        [problem] = check(storage=roles.reader).problems
        assert "has no schema that the role tuner_reader may use" in problem
        connection.execute(f"REVOKE CONNECT ON DATABASE {roles.owner.database} FROM tuner_reader")
    with pytest.raises(StorageError, match="this user may not do that there"):
        check(storage=roles.reader)
