from __future__ import annotations

import pytest
from sqlalchemy.engine import URL

from tuner.actions.defaults import existing, root_of, storage_of, study_of
from tuner.errors import StorageError

STUDY = """
[data]
builtin = "wine"

[hyperparameters.layers]
width = { low = 4, high = 8 }
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "small.toml").write_text(STUDY)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_root_is_the_folder_with_studies(project, monkeypatch):
    (project / "inner").mkdir()
    monkeypatch.chdir(project / "inner")
    assert root_of(None) == project


def test_a_study_may_be_a_name_a_path_or_a_definition(project):
    by_name = study_of("small", project)
    assert study_of("studies/small.toml", project) == study_of(by_name, project) == by_name


def test_a_storage_is_found_as_the_command_line_finds_it(project, monkeypatch):
    assert storage_of(None, project).database == str(project / "tuner.db")
    assert storage_of(None, project, "sqlite:///theirs.db").database == str(project / "theirs.db")
    monkeypatch.setenv("TUNER_STORAGE", "sqlite:////elsewhere/trials.db")
    assert storage_of(None, project, "sqlite:///theirs.db").database == "/elsewhere/trials.db"


def test_a_stated_storage_outweighs_all_others_and_may_hold_a_password(project):
    assert storage_of("sqlite:///mine.db", project).database == str(project / "mine.db")
    url = URL.create("sqlite", database="mine.db")
    assert storage_of(url, project) is url
    assert storage_of("postgresql+psycopg://me:secret@host/db", project).password == "secret"


def test_what_is_no_url_is_refused(project):
    with pytest.raises(StorageError, match="is no storage URL"):
        storage_of("results", project)


def test_looking_makes_no_database(project):
    with pytest.raises(StorageError, match=r"there is no storage sqlite:///.*tuner\.db yet"), existing(None):
        pass
    assert not list(project.glob("tuner.db*"))
