from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.engine import URL, make_url

from tuner.errors import StorageError
from tuner.search.storage import exists, masked, storage_url

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


# A file with a URL in it.

SECRET = "postgresql+psycopg://ann:hush@host/trials"


def url_file(folder: Path, text: str = f"{SECRET}\n", mode: int = 0o600) -> Path:
    path = folder / "storage-url"
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_url_with_a_password_may_stand_in_a_file_of_ones_own(tmp_path, mode):
    url = storage_url(None, {"TUNER_STORAGE_FILE": str(url_file(tmp_path, mode=mode))}, "sqlite:///other.db", tmp_path)
    assert url.render_as_string(hide_password=False) == SECRET


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o666])
def test_a_file_that_others_can_read_is_refused_with_the_way_out(tmp_path, mode):
    path = url_file(tmp_path, mode=mode)
    with pytest.raises(StorageError) as caught:
        storage_url(None, {"TUNER_STORAGE_FILE": str(path)}, None, tmp_path)
    assert f"TUNER_STORAGE_FILE: {path} can be read by others than its owner; chmod 600 {path}" in str(caught.value)


def test_a_file_without_a_url_is_named_and_not_repeated(tmp_path):
    path = url_file(tmp_path, "hush hush")
    with pytest.raises(StorageError) as caught:
        storage_url(None, {"TUNER_STORAGE_FILE": str(path)}, None, tmp_path)
    assert f"TUNER_STORAGE_FILE: {path}: this is no storage URL" in str(caught.value)
    assert "hush" not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(StorageError, match=r"TUNER_STORAGE_FILE: nowhere cannot be read: No such file"):
        storage_url(None, {"TUNER_STORAGE_FILE": "nowhere"}, None, tmp_path)


def test_the_variable_with_the_url_comes_before_the_one_with_the_file(tmp_path):
    environment = {"TUNER_STORAGE": "sqlite:///environment.db", "TUNER_STORAGE_FILE": str(url_file(tmp_path))}
    assert storage_url(None, environment, None, tmp_path).database == str(tmp_path / "environment.db")


# Whether it is there.


def test_a_storage_is_there_when_its_file_is(tmp_path):
    url = URL.create("sqlite", database=str(tmp_path / "trials.db"))
    assert not exists(url)
    Path(url.database).touch()
    assert exists(url)


def test_a_server_is_taken_to_be_there():
    assert exists(make_url("postgresql://host/trials"))
