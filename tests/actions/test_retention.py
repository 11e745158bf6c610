from __future__ import annotations

import json
import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.distributions import FloatDistribution
from sqlalchemy import Connection, func, select, update
from sqlalchemy.engine import URL

from tests.cluster.calendars.programs import put_on_path
from tests.contracts.small_tables import prepared
from tests.search.fake_trainer import small_study
from tuner.actions.in_use import in_use, lock_of, nobody_in
from tuner.actions.joining import joined
from tuner.actions.own import every_form_of
from tuner.actions.queued import QUEUED
from tuner.actions.retention import retire, retire_all
from tuner.actions.show import delete
from tuner.errors import StudyError
from tuner.search import deleting, leases
from tuner.search.block_storage import BlockStorage
from tuner.search.generations import generation_for
from tuner.search.owners import started
from tuner.search.rows import HEARTBEATS, STUDIES, TRIALS, Changes, lock_study, write_changes
from tuner.search.storage import opened_backend
from tuner.search.studies import join_study

DAY = date(2026, 11, 21)
PARENT = {"host": socket.gethostname(), "pid": os.getppid(), "started": started(os.getppid())}
ELSEWHERE = {"host": "another-machine", "pid": 1, "started": 0.0}
GONE = {"host": socket.gethostname(), "pid": 2**22 + 1, "started": 0.0}
STUDY = """
[data]
builtin = "wine"
[hyperparameters]
optimizer = { kind = "sgd", learning_rate = { low = 1e-3, high = 0.1, log = true } }
"""
NIGHTS = ["small", "small@2026-11-22", "small@2026-11-23", "small@2026-11-24"]
"""The generations of four nights."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with four nights, which takes longer to make than to copy."""
    file = tmp_path_factory.mktemp("made") / "trials.db"
    nights(file_url(file), 4)
    return file


@pytest.fixture
def url(made: Path, tmp_path: Path) -> URL:
    """A storage with four nights."""
    return file_url(Path(shutil.copy(made, tmp_path)))


def file_url(file: Path) -> URL:
    return URL.create("sqlite", database=str(file))


@contextmanager
def opened(url: URL) -> Iterator[BlockStorage]:
    with opened_backend(url) as backend, closing(BlockStorage(backend)) as blocks:
        yield blocks


def nights(url: URL, count: int, *, trials: int = 2, name: str = "small", first: int = 0) -> None:
    """Have a study searched in some nights, each with other data."""
    with opened(url) as blocks:
        for night in range(first, first + count):
            found = generation_for(blocks, small_study(name), f"data {night}", "val_log_loss", DAY + timedelta(night))
            study = join_study(blocks, found, replace(prepared(), fingerprint=f"data {night}"))
            for value in range(trials):
                study.add_trial(optuna.create_trial(value=value))


def names(url: URL) -> list[str]:
    with opened(url) as blocks:
        return [each.study_name for each in blocks.get_all_studies()]


def leave_files(root: Path, name: str) -> list[Path]:
    """What a search with workers leaves in a project."""
    paths = [
        root / ".tuner" / "checkpoints" / name / "0.npz",
        root / ".tuner" / "logs" / name / "worker-0.log",
        root / ".tuner" / "cluster" / f"{name}.lock",
        lock_of(root, name),
    ]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"12345")
    return paths


def prepare(root: Path, data: str, *, days: float = 2.0) -> Path:
    """A folder of prepared data that was used some days ago."""
    folder = root / ".tuner" / "data" / data.replace(" ", "")
    folder.mkdir(parents=True)
    (folder / "about.json").write_text(json.dumps({"fingerprint": data}))
    used = time.time() - 86400 * days
    os.utime(folder, (used, used))
    return folder


def rename(url: URL, *to: str) -> None:
    """Give the stored studies other names, in their order."""
    with opened(url) as blocks, blocks.transaction() as connection:
        for study_id, name in zip(connection.scalars(select(STUDIES.c.study_id)).all(), to, strict=True):
            connection.execute(update(STUDIES).where(STUDIES.c.study_id == study_id).values(study_name=name))


def run(url: URL, root: Path, keep: int = 3) -> list[tuple[str, bool]]:
    return [(each.name, each.gone) for each in retire("small", keep, root=root, storage=url)]


def test_the_newest_generations_stay_and_older_ones_go_with_all_that_is_theirs(url: URL, tmp_path: Path) -> None:
    old = [path for name in NIGHTS[:2] for path in leave_files(tmp_path, name)]
    new = [path for name in NIGHTS[2:] for path in leave_files(tmp_path, name)]

    found = retire("small", 2, root=tmp_path, storage=url)

    assert [(each.name, each.why, each.trials, each.size) for each in found] == [
        (name, "is older than the newest 2", 2, 20) for name in NIGHTS[:2]
    ]
    assert names(url) == NIGHTS[2:]
    assert not any(path.exists() for path in old)
    assert all(path.exists() for path in new)
    assert not (tmp_path / ".tuner" / "logs" / "small").exists()
    assert retire("small", 2, root=tmp_path, storage=url) == []


def test_nothing_of_a_deleted_study_is_left_in_any_table(url: URL) -> None:
    with opened(url) as blocks:
        study_id = blocks.get_study_id_from_name("small")
        blocks.set_study_system_attr(study_id, "a", 1)
        with blocks.hold(GONE):
            [trial_id] = blocks.take(study_id, 1, None)
        with blocks.transaction() as connection:
            rate = FloatDistribution(0, 1)
            whole = Changes(reports={0: 1.0}, user_attrs={"a": 1}, values=[1.0], params={"rate": (0.5, rate)})
            write_changes(connection, {trial_id: whole})
    for name in NIGHTS:
        delete(name, storage=url)
    with opened(url) as blocks, blocks.transaction(writes=False) as connection:
        for table in (*deleting.OF_TRIALS, *deleting.OF_STUDIES):
            assert connection.scalar(select(func.count()).select_from(table)) == 0, table.name


def test_a_look_changes_nothing_and_tells_what_would_go(url: URL, tmp_path: Path) -> None:
    files = leave_files(tmp_path, "small")

    looked = retire("small", 3, root=tmp_path, storage=url, remove=False)

    assert names(url) == NIGHTS
    assert all(path.exists() for path in files)
    assert looked == retire("small", 3, root=tmp_path, storage=url)
    assert names(url) == NIGHTS[1:]


def test_studies_whose_names_only_begin_alike_are_no_generations(url: URL, tmp_path: Path) -> None:
    rename(url, "small-north", "small", "smaller", "small@2026-11-22")
    with opened(url) as blocks:
        optuna.create_study(storage=blocks, study_name="small@2026-11-23")  # by another program
    assert run(url, tmp_path, 1) == [("small", True)]

    rename(url, "small", "small@best", "small@2026-11-22", "small@2026-11-23")
    assert run(url, tmp_path, 1) == [("small", True)]


def test_the_generation_that_was_searched_last_stays_however_old_it_is(url: URL, tmp_path: Path) -> None:
    nights(url, 1)  # the data are again what they were in the first night

    assert run(url, tmp_path, 1) == [(NIGHTS[1], True), (NIGHTS[2], True)]
    assert names(url) == ["small", NIGHTS[3]]


def test_second_generations_of_a_day_are_in_the_order_in_which_they_were_made(url: URL, tmp_path: Path) -> None:
    rename(url, "small", *(f"small@2026-11-21.{number}" for number in (8, 9, 10)))
    retire("small", 2, root=tmp_path, storage=url)
    assert names(url) == ["small@2026-11-21.9", "small@2026-11-21.10"]


@pytest.mark.parametrize("owner", [PARENT, ELSEWHERE], ids=["here", "elsewhere"])
def test_a_generation_that_is_being_trained_stays_until_its_worker_is_lost(
    owner: Mapping[str, Any], url: URL, tmp_path: Path
) -> None:
    with opened(url) as blocks:
        with blocks.hold(owner):
            blocks.take(blocks.get_study_id_from_name("small"), 1, None)
        with blocks.transaction() as connection:
            connection.execute(update(TRIALS).values(datetime_start=None))  # searched no later than others
    files = leave_files(tmp_path, "small")

    [kept] = retire("small", 3, root=tmp_path, storage=url)
    assert not kept.gone
    assert kept.why.startswith("stays: 1 of its trials are being trained, or may be; `tuner reap --study small`")
    assert all(path.exists() for path in files)

    with opened(url) as blocks, blocks.transaction() as connection:
        connection.execute(update(HEARTBEATS).values(heartbeat=func.datetime("now", "-3 hours")))
    assert run(url, tmp_path) == [("small", True)]


def test_a_generation_stays_while_a_search_goes_on_in_it_though_no_trial_runs(url: URL, tmp_path: Path) -> None:
    with in_use(tmp_path, "small"), in_use(tmp_path, "small"):
        [kept] = retire("small", 3, root=tmp_path, storage=url)
        assert kept.why == "stays: a search of it goes on"
    assert run(url, tmp_path) == [("small", True)]


def test_who_has_joined_a_study_says_so_until_it_leaves(url: URL, tmp_path: Path) -> None:
    data = every_form_of(replace(prepared(), fingerprint="data 0"))
    with (
        joined(small_study(), root=tmp_path, storage=url, trials=None, data=data),
        nobody_in(tmp_path, "small") as free,
    ):
        assert not free
    with nobody_in(tmp_path, "small") as free:
        assert free


def test_a_generation_that_somebody_has_searched_meanwhile_stays(
    url: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tuner.actions.retention._refuse_queued", lambda *arguments: nights(url, 1))
    assert [each.why for each in retire("small", 3, root=tmp_path, storage=url)] == [
        "stays: somebody has just searched it"
    ]


def test_a_generation_whose_files_cannot_be_removed_stays_whole_and_the_next_call_goes_on(
    url: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_files(tmp_path, "small")

    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patch:
        patch.setattr("tuner.actions.retention.remove", refuse)
        [kept] = retire("small", 3, root=tmp_path, storage=url)
    assert kept.why == f"stays: {tmp_path / '.tuner' / 'checkpoints' / 'small'} cannot be removed: Permission denied"
    with opened(url) as blocks:
        assert len(blocks.get_all_trials(blocks.get_study_id_from_name("small"))) == 2
    assert run(url, tmp_path) == [("small", True)]


def test_a_generation_stays_whole_where_the_user_may_not_delete(url: URL, tmp_path: Path) -> None:
    files = leave_files(tmp_path, "small")
    with opened(url) as blocks, blocks.transaction() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER no BEFORE DELETE ON trials BEGIN SELECT RAISE(ABORT, 'permission denied for trials'); END"
        )
    [kept] = retire("small", 3, root=tmp_path, storage=url)
    assert kept.why.startswith("stays: it cannot be deleted: storage sqlite:///")
    assert "this user may not do that there" in kept.why
    assert all(path.exists() for path in files)


def test_a_removal_that_is_cut_off_is_finished_by_the_next_call(
    url: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = leave_files(tmp_path, "small")

    def cut_off(path: Path) -> None:
        files[1].unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("tuner.actions.retention.remove", cut_off)
        with pytest.raises(KeyboardInterrupt):
            retire("small", 3, root=tmp_path, storage=url)
    assert names(url) == NIGHTS
    assert run(url, tmp_path) == [("small", True)]
    assert not any(path.exists() for path in files)


def test_prepared_data_go_that_no_other_study_has_and_nobody_has_used_lately(url: URL, tmp_path: Path) -> None:
    nights(url, 1, name="other", first=1)
    of_night = [prepare(tmp_path, "data 0"), prepare(tmp_path, "data 1"), prepare(tmp_path, "data 2", days=0)]
    retire("small", 1, root=tmp_path, storage=url)
    assert [folder.exists() for folder in of_night] == [False, True, True]


def test_the_logs_of_calendars_are_not_those_of_a_study_called_schedule(url: URL, tmp_path: Path) -> None:
    rename(url, "schedule", *(f"schedule@2026-11-2{day}" for day in range(3)))
    [_, workers, *_] = leave_files(tmp_path, "schedule")
    nightly = workers.with_name("nightly.log")
    nightly.touch()
    retire("schedule", 1, root=tmp_path, storage=url)
    assert [nightly.exists(), workers.exists()] == [True, False]


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        ("echo 7 0 PENDING 0 Priority", "stays: 1 of its workers are in the queue of slurm; `tuner stop`"),
        ("echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1", "is older than the newest 3"),
        ("echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1", "cannot be told from here"),
    ],
    ids=["waiting", "gone", "unknown"],
)
def test_workers_in_a_queue_are_asked_for_there(
    says: str, expected: str, url: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_on_path(monkeypatch, tmp_path / "bin", "squeue", f"#!/bin/sh\n{says}\n")
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "small.toml").write_text(STUDY)
    with opened(url) as blocks:
        study_id = blocks.get_study_id_from_name("small")
        blocks.set_study_user_attr(study_id, QUEUED, {"cluster": "slurm", "jobs": {"0": "7"}})

    [told] = retire("small", 3, root=tmp_path, storage=url)
    assert expected in told.why
    assert told.gone == ("small" not in names(url))


def test_of_a_study_that_is_not_there_nothing_goes(url: URL, tmp_path: Path) -> None:
    assert retire("other", 1, root=tmp_path, storage=url) == []
    assert retire("small", 1, root=tmp_path, storage=file_url(tmp_path / "none.db")) == []
    assert not (tmp_path / "none.db").exists()
    with pytest.raises(StudyError, match=r'no study "smal" is stored; there are small.* Did you mean "small"'):
        retire_all(1, study="smal", root=tmp_path, storage=url)


@pytest.mark.parametrize(
    ("study", "keep", "expected"),
    [
        ("small", 0, "keep = 0 would leave no generation; keep at least 1"),
        ("small@2026-11-21", 1, '"small@2026-11-21" is one generation; name its study, small'),
        ("../small", 1, '"../small" is no study\'s name'),
    ],
)
def test_what_cannot_be_meant_is_refused(study: str, keep: int, expected: str, tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=expected):
        retire(study, keep, root=tmp_path)


def test_of_all_studies_those_of_another_project_stay_unless_they_are_named(url: URL, tmp_path: Path) -> None:
    nights(url, 2, name="other")
    rename(url, "small", "small@2026-11-22", "searched", "searched@2026-11-22", "other", "other@2026-11-22")
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "small.toml").touch()
    leave_files(tmp_path, "searched@2026-11-22")

    found = retire_all(1, root=tmp_path, storage=url)

    assert [(each.name, each.gone) for each in found] == [("small", True), ("searched", True), ("other", False)]
    assert found[2].why == "stays: other is of another project, or has no file here; --study other includes it"
    assert [each.gone for each in retire_all(1, study="other", root=tmp_path, storage=url)] == [True]


def test_every_study_is_looked_for_where_it_is_stored(url: URL, tmp_path: Path) -> None:
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "small.toml").write_text(f'{STUDY}[run]\nstorage = "sqlite:///trials.db"\n')
    (tmp_path / "studies" / "usual.toml").write_text(STUDY)
    usual = file_url(Path(shutil.copy(tmp_path / "trials.db", tmp_path / "tuner.db")))
    rename(usual, "usual", *(f"usual@2026-11-2{day}" for day in range(3)))

    assert [each.name for each in retire_all(3, root=tmp_path)] == ["usual", "small"]
    assert [each.name for each in retire("small", 2, root=tmp_path)] == [NIGHTS[1]]


@pytest.mark.needs("postgresql")
def test_on_a_server_each_generation_goes_once_and_who_takes_a_trial_at_the_same_moment_keeps_it(
    postgresql: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asks = threading.Event()

    def and_say_so(connection: Connection, study_id: int) -> None:
        asks.set()
        lock_study(connection, study_id)

    monkeypatch.setattr("tuner.actions.retention.lock_study", and_say_so)
    nights(postgresql, 3)
    files = [path for name in NIGHTS[1:2] for path in leave_files(tmp_path, name)]
    with opened(postgresql) as blocks, ThreadPoolExecutor() as pool:
        with blocks.transaction() as connection:
            study_id = blocks.get_study_id_from_name("small")
            leases.take(connection, study_id, json.dumps(ELSEWHERE), 1, None)
            both = [pool.submit(retire, "small", 1, root=tmp_path, storage=postgresql) for _ in range(2)]
            assert asks.wait(60)
            assert not wait(both, timeout=0.1).done  # for the row of the study whose trial is being taken
        found = [each for call in both for each in call.result()]
    assert sorted(each.name for each in found if each.gone) == NIGHTS[1:2]
    assert {each.name: "being trained" in each.why for each in found if not each.gone} == {"small": True}
    assert names(postgresql) == ["small", NIGHTS[2]]
    assert not any(path.exists() for path in files)
