"""Copying studies from database to database: nothing is lost, nothing is half done."""

from __future__ import annotations

import gc
import os
import re
import signal
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState, create_trial
from optuna_dashboard import save_note
from optuna_dashboard._note import get_note_from_system_attrs, save_note_with_version
from sqlalchemy import event, select
from sqlalchemy.engine import URL

import tuner
from tests.servers import Server
from tuner.errors import StorageError
from tuner.search import copying
from tuner.search.copying import CopiedStudy, copy_studies, study_names
from tuner.search.owners import OWNER
from tuner.search.rows import HEARTBEATS
from tuner.search.storage import opened, opened_backend, opened_to_look

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")

PROJECT = Path(tuner.__file__).parents[1]

BEGAN = datetime(2026, 11, 21, 20, 15, 30, 123456)
SPACE = {
    "optimizer.learning_rate": FloatDistribution(1e-4, 0.3, log=True),
    "layers.width": IntDistribution(8, 64, step=8),
    "optimizer.kind": CategoricalDistribution(("sgd", "adam", "käse")),
}
PARAMS = {"optimizer.learning_rate": 0.1 + 0.2 - 0.05, "layers.width": 16, "optimizer.kind": "käse"}


def fill_with_everything(storage: BaseStorage, name: str = "small") -> None:
    """A study with a trial of every kind."""
    study = optuna.create_study(storage=storage, study_name=name, direction="maximize")
    study.set_metric_names(["val_accuracy"])
    study.set_user_attr("tuner:definition", {"seed": 20, "nested": [1, None, "käse", 1e-300]})
    study.set_user_attr("tuner:trials", 40)
    common: dict[str, Any] = {"params": PARAMS, "distributions": SPACE}
    reports = {0: 0.5, 1: float("nan"), 2: float("inf"), 3: float("-inf"), 4: 1 / 3}
    for trial in (
        create_trial(value=1 / 3, intermediate_values=reports, user_attrs={"text": "x" * 3000}, **common),
        create_trial(value=float("inf"), **common),
        create_trial(value=float("-inf"), system_attrs={"rung": {"a": [1.5]}}, **common),
        create_trial(state=TrialState.PRUNED, intermediate_values={7: 0.25}, **common),
        create_trial(state=TrialState.FAIL, user_attrs={"error": 'a "quote", a \\ and a\nline\ttab'}),
    ):
        trial.datetime_start = BEGAN
        trial.datetime_complete = BEGAN + timedelta(seconds=1.5)
        study.add_trial(trial)
    save_note(study, "about the study")
    save_note_with_version(storage, study._study_id, study.trials[3]._trial_id, 1, "about trial 3")
    study.enqueue_trial({"layers.width": 24}, user_attrs={"why": "a guess"})


def told(storage: BaseStorage, name: str = "small") -> tuple[Any, ...]:
    """Everything that a study tells, but for ids; as text, in which NaN is NaN."""
    study = optuna.load_study(study_name=name, storage=storage)
    trials = [repr(_without_id(trial)) for trial in study.get_trials()]
    kept = {key: value for key, value in system_attrs(study).items() if not key.startswith("dashboard:")}
    return study.directions, study.metric_names, repr(study.user_attrs), repr(kept), trials, notes(study)


def system_attrs(study: optuna.Study) -> dict[str, Any]:
    return study._storage.get_study_system_attrs(study._study_id)


def _without_id(trial: FrozenTrial) -> dict[str, Any]:
    return {name: value for name, value in vars(trial).items() if name != "_trial_id"}


def notes(study: optuna.Study) -> list[str]:
    ids = [None, *(trial._trial_id for trial in study.trials)]
    return [str(get_note_from_system_attrs(system_attrs(study), trial_id)["body"]) for trial_id in ids]


def copied(source: URL, target: URL, **names: str) -> list[CopiedStudy]:
    with opened_to_look(source) as reading, opened_backend(target) as writing:
        return copy_studies(
            reading.engine, writing.engine, names or {"small": "small"}, on_study=lambda study, trials: None
        )


@pytest.fixture
def source(url: URL) -> URL:
    with opened(url) as storage:
        fill_with_everything(storage, "another")
        fill_with_everything(storage)
    return url


@pytest.fixture
def target(tmp_path: Path) -> URL:
    return URL.create("sqlite", database=str(tmp_path / "target.db"))


@pytest.fixture
def server(postgresql: URL) -> URL:
    """A server that had some trials before, so that ids there are others."""
    with opened(postgresql) as storage:
        fill_with_everything(storage, "there before")
    return postgresql


def test_a_copy_in_a_file_tells_the_same_as_its_study(source, target):
    assert copied(source, target) == [CopiedStudy("small", "small", trials=6, waiting=0)]
    with opened(source) as before, opened(target) as after:
        assert told(after) == told(before)
        written = notes(optuna.load_study(study_name="small", storage=after))
        assert (written[0], written[1 + 3]) == ("about the study", "about trial 3")


@pytest.mark.needs("postgresql")
def test_a_copy_of_a_copy_on_a_server_tells_the_same_as_its_study(source, server, target):
    copied(source, server)
    copied(server, target)
    with opened(source) as before, opened(server) as between, opened(target) as after:
        expected = told(before)
        assert told(between) == expected
        assert told(after) == expected
        assert told(between, "there before") == expected


def test_what_is_copied_some_rows_at_a_time_is_whole(source, target, monkeypatch):
    monkeypatch.setattr(copying, "ROWS", 2)
    copied(source, target)
    with opened(source) as before, opened(target) as after:
        assert told(after) == told(before)


def test_several_studies_are_copied_and_may_get_other_names(source, target):
    done = copied(source, target, small="first", another="another")
    assert [(each.study, each.copy) for each in done] == [("small", "first"), ("another", "another")]
    with opened(source) as before, opened_to_look(target) as after:
        assert study_names(after.engine) == ["first", "another"]
        assert told(after, "first") == told(before, "small")


def test_a_study_may_be_copied_beside_itself(source):
    copied(source, source, small="twin")
    with opened(source) as storage:
        assert told(storage, "twin") == told(storage, "small")


def test_a_copy_goes_on_as_a_study_of_its_own(source, target):
    copied(source, target)
    with opened(source) as before, opened(target) as after:
        expected = told(before)
        study = optuna.load_study(study_name="small", storage=after)
        assert study.ask().number == 5  # the one that was waiting
        assert study.ask().number == 6
        optuna.delete_study(study_name="small", storage=after)
        assert told(before) == expected


def test_a_trial_that_is_being_trained_waits_in_the_copy_without_its_owner(source, target):
    with opened(source) as storage:
        study = optuna.load_study(study_name="small", storage=storage)
        study.ask()  # the one that was waiting
        trial = study.ask(SPACE)
        trial.report(0.5, 0)
        trial.set_user_attr("attempt", 2)
        storage.set_trial_system_attr(trial._trial_id, OWNER, {"host": "far", "pid": 1})
        storage.set_trial_system_attr(trial._trial_id, "kept", 1)
        storage._backend.record_heartbeat(trial._trial_id)
        params = trial.params
    [done] = copied(source, target)
    assert done.waiting == 2
    with opened_to_look(target) as storage:
        running = optuna.load_study(study_name="small", storage=storage).trials[6]
        assert running.state is TrialState.WAITING
        assert (running.params, running.intermediate_values, running.user_attrs) == (params, {0: 0.5}, {"attempt": 2})
        assert running.system_attrs == {"kept": 1}
        with storage.engine.connect() as connection:
            assert connection.execute(select(HEARTBEATS)).all() == []
    with opened(source) as storage:
        assert optuna.load_study(study_name="small", storage=storage).trials[6].state is TrialState.RUNNING


@pytest.mark.needs("postgresql")
@pytest.mark.parametrize("kind", ["file", "server"])
def test_a_search_that_goes_on_meanwhile_is_copied_as_it_was_at_the_beginning(
    kind: str, source: URL, target: URL, server: URL
) -> None:
    if kind == "server":
        copied(source, server)
        source = server
    with opened(source) as storage, opened_to_look(source) as reading, opened_backend(target) as writing:
        expected = told(storage)
        study = optuna.load_study(study_name="small", storage=storage)

        def go_on(name: str, trials: int) -> None:
            for _ in range(3):
                study.tell(study.ask(SPACE), 0.5)

        copy_studies(reading.engine, writing.engine, {"small": "small"}, on_study=go_on)
        assert told(storage) != expected
        with opened(target) as after:
            assert told(after) == expected


def test_a_study_that_is_deleted_meanwhile_is_named_and_nothing_is_copied(source, target):
    with opened(source) as storage:
        optuna.delete_study(study_name="small", storage=storage)
    with pytest.raises(StorageError, match="the study was deleted meanwhile"):
        copied(source, target, another="another", small="small")
    with opened_to_look(target) as storage:
        assert study_names(storage.engine) == []


class BrokenOffError(Exception):
    pass


@pytest.mark.needs("postgresql")
@pytest.mark.parametrize("kind", ["file", "server"])
def test_a_copy_that_is_broken_off_leaves_nothing(kind: str, source: URL, target: URL, server: URL) -> None:
    """It ends with an error when the second of two studies is half done."""
    there = server if kind == "server" else target

    def break_off(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if "trial_params" in statement and second:
            raise BrokenOffError

    second: list[str] = []
    with opened_to_look(source) as reading, opened_backend(there) as writing:
        before = study_names(writing.engine)
        event.listen(reading.engine, "before_cursor_execute", break_off)
        with pytest.raises(BrokenOffError):
            copy_studies(
                reading.engine,
                writing.engine,
                {"another": "another", "small": "small"},
                on_study=lambda study, trials: second.append(study) if study == "small" else None,
            )
        assert study_names(writing.engine) == before
    copied(source, there)


def test_a_copy_whose_process_is_killed_leaves_nothing(source, target):
    script = (
        "import os, sys\n"
        "from sqlalchemy import event\n"
        "from sqlalchemy.engine import URL\n"
        "from tests.search.test_copying import copied\n"
        "from tuner.search import copying\n"
        "insert = copying._insert\n"
        "def killed(connection, table, rows):\n"
        "    insert(connection, table, rows)\n"
        "    if table.name == 'trial_values':\n"
        "        os.kill(os.getpid(), 9)\n"
        "copying._insert = killed\n"
        "copied(*(URL.create('sqlite', database=path) for path in sys.argv[1:]))\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(source.database), str(target.database)], cwd=PROJECT)
    assert done.returncode == -signal.SIGKILL
    assert os.path.exists(str(target.database))
    with opened_to_look(target) as storage:
        assert study_names(storage.engine) == []
    copied(source, target)


@pytest.mark.needs("postgresql")
def test_what_a_server_will_not_take_is_a_sentence_and_leaves_nothing(
    source: URL, server: URL, postgresql_server: Server
) -> None:
    with postgresql_server.connected(str(server.database)) as connection:
        connection.execute("ALTER TABLE trial_params ADD CONSTRAINT no CHECK (param_value < 0.1) NOT VALID")
    with pytest.raises(StorageError, match='violates check constraint "no"'):
        copied(source, server)
    with opened_to_look(server) as storage:
        assert study_names(storage.engine) == ["there before"]


# SQLAlchemy leaves a cursor of psycopg's open whose connection is lost while it begins; it is collected here, where it
# may be, and not in a later test.
@pytest.mark.filterwarnings("ignore:.*was deleted while still open:ResourceWarning")
@pytest.mark.needs("postgresql")
def test_a_source_that_goes_away_meanwhile_is_the_one_that_is_named(
    source: URL, server: URL, target: URL, postgresql_server: Server
) -> None:
    copied(source, server)
    with (
        pytest.raises(StorageError, match=f"storage {re.escape(str(server))}: the server has ended the connection"),
        opened_to_look(server) as reading,
        opened_backend(target) as writing,
    ):
        copy_studies(
            reading.engine,
            writing.engine,
            {"small": "small"},
            on_study=lambda study, trials: postgresql_server.stop("immediate"),
        )
    gc.collect()
    with opened_to_look(target) as storage:
        assert study_names(storage.engine) == []
