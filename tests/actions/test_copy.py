from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from tests.search.test_storage import search, states
from tuner.actions.copy import copy
from tuner.errors import StorageError, StudyError
from tuner.search.storage import opened


@pytest.fixture
def source(tmp_path: Path) -> URL:
    """A storage with the study `small`, of two trials."""
    url = URL.create("sqlite", database=str(tmp_path / "tuner.db"))
    with opened(url) as storage:
        search(storage, trials=2)
    return url


def test_every_study_of_the_usual_storage_is_copied_if_nothing_else_is_said(source):
    [done] = copy(target="sqlite:///copy.db")
    assert (done.study, done.copy, done.trials) == ("small", "small", 2)
    with opened(source.set(database=str(Path.cwd() / "copy.db"))) as storage:
        assert states(storage) == ["COMPLETE"] * 2


def test_each_study_is_told_before_it_is_copied(source):
    told: list[tuple[str, int]] = []
    copy("small", source=source, target="sqlite:///copy.db", on_study=lambda *said: told.append(said))
    assert told == [("small", 2)]


def test_a_study_that_is_there_already_is_refused_with_the_way_out_and_stays(source):
    copy(source=source, target="sqlite:///copy.db")
    with pytest.raises(StudyError, match=r"copy\.db has small already; .* --as NEWNAME, or delete the one"):
        copy(source=source, target="sqlite:///copy.db")
    [done] = copy("small", source=source, target="sqlite:///copy.db", name="second")
    assert done.copy == "second"


def test_a_storage_is_not_copied_onto_itself(source):
    with pytest.raises(StudyError, match="has small already"):
        copy(source=source, target=source)


def test_a_study_that_is_not_there_is_named_with_the_nearest_one(source):
    with pytest.raises(StudyError, match=r'has no study "smal"; it has small\. Did you mean "small"\?'):
        copy("smal", source=source, target="sqlite:///copy.db")
    assert not Path("copy.db").exists()


def test_a_storage_that_is_not_there_is_not_made(tmp_path):
    with pytest.raises(StorageError, match=r"there is no storage .*tuner\.db to copy from"):
        copy(target="sqlite:///copy.db")
    assert list(tmp_path.iterdir()) == []


def test_a_storage_without_studies_has_nothing_to_copy(tmp_path):
    with opened(URL.create("sqlite", database=str(tmp_path / "tuner.db"))):
        pass
    with pytest.raises(StudyError, match="has no studies to copy"):
        copy(target="sqlite:///copy.db")
