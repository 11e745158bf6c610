from __future__ import annotations

import pytest

from tuner.errors import StudyError
from tuner.study.places import find_study_file, project_root, shown_path, study_files


@pytest.fixture
def project(tmp_path):
    """A project with two studies and a folder deep inside it."""
    for name in ("digits", "wine"):
        path = tmp_path / "project" / "studies" / f"{name}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "project" / "notebooks" / "old").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    return tmp_path / "project"


def test_a_stated_root_comes_first(project, tmp_path):
    elsewhere = str(tmp_path / "elsewhere")
    assert project_root(elsewhere, {"TUNER_ROOT": str(project)}, project) == tmp_path / "elsewhere"


def test_the_environments_root_comes_before_the_nearest_studies(project, tmp_path):
    assert project_root(None, {"TUNER_ROOT": str(tmp_path / "elsewhere")}, project) == tmp_path / "elsewhere"


def test_an_empty_environment_variable_is_none(project):
    assert project_root(None, {"TUNER_ROOT": ""}, project / "notebooks") == project


def test_the_nearest_folder_upward_with_studies_is_the_root(project):
    assert project_root(None, {}, project / "notebooks" / "old") == project
    (project / "notebooks" / "studies").mkdir()
    assert project_root(None, {}, project / "notebooks" / "old") == project / "notebooks"


def test_the_working_directory_is_the_root_where_there_are_no_studies(tmp_path):
    assert project_root(None, {}, tmp_path) == tmp_path


def test_a_file_called_studies_makes_no_root(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "studies").touch()
    assert project_root(None, {}, tmp_path / "inner") == tmp_path / "inner"


@pytest.mark.parametrize(
    ("stated", "environment", "message"),
    [
        ("nowhere", {}, "--root is nowhere, which is no folder"),
        (None, {"TUNER_ROOT": "nowhere"}, "TUNER_ROOT is nowhere, which is no folder"),
        ("~no-such-person/tuner", {}, "--root is ~no-such-person/tuner, which is no folder"),
    ],
)
def test_a_root_that_is_no_folder_is_refused_with_its_origin(tmp_path, stated, environment, message):
    with pytest.raises(StudyError, match=message):
        project_root(stated, environment, tmp_path)


def test_a_study_is_found_by_its_name(project):
    assert find_study_file("wine", project) == project / "studies" / "wine.toml"
    assert list(study_files(project)) == ["digits", "wine"]


def test_a_study_is_found_by_a_path_from_the_working_directory(project, monkeypatch):
    monkeypatch.chdir(project / "studies")
    assert find_study_file("wine.toml", project).samefile(project / "studies" / "wine.toml")
    assert find_study_file(str(project / "studies" / "digits.toml"), project).name == "digits.toml"


def test_an_unknown_study_is_refused_with_those_there_are_and_the_nearest(project):
    with pytest.raises(StudyError) as caught:
        find_study_file("digit", project)
    assert str(caught.value) == (
        'there is no study "digit" (no file studies/digit.toml); there are digits, wine. Did you mean "digits"?'
    )


def test_outside_a_project_the_way_into_one_is_said(tmp_path):
    with pytest.raises(StudyError, match="there is no folder studies/ here or above"):
        find_study_file("digits", tmp_path)


def test_a_project_without_studies_says_where_they_would_be(tmp_path):
    (tmp_path / "studies").mkdir()
    with pytest.raises(StudyError, match=f"there are none in {tmp_path / 'studies'}"):
        find_study_file("digits", tmp_path)


@pytest.mark.parametrize("study", ["nowhere.toml", "studies/nowhere", "~no-such-person/a.toml", "a" * 5000 + ".toml"])
def test_a_path_to_no_file_is_refused(tmp_path, study):
    with pytest.raises(StudyError, match="there is no study file") as caught:
        find_study_file(study, tmp_path)
    assert "Did you mean" not in str(caught.value)


def test_a_path_without_its_suffix_is_offered_with_it(project, monkeypatch):
    monkeypatch.chdir(project)
    with pytest.raises(StudyError, match=r'there is no study file studies/wine\. Did you mean "studies/wine\.toml"\?'):
        find_study_file("studies/wine", project)


def test_a_path_is_shown_as_seen_from_where_a_person_is(project, tmp_path):
    path = project / "studies" / "wine.toml"
    assert shown_path(path, project) == "studies/wine.toml"
    assert shown_path(path, tmp_path / "elsewhere") == str(path)
