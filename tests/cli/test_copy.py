from __future__ import annotations

from pathlib import Path

import optuna
import pytest
from sqlalchemy.engine import URL

from tests.search.test_storage import search, states
from tests.servers import GUARDED, PASSWORD
from tuner.search.storage import opened


@pytest.fixture
def stored(root: Path) -> URL:
    """The project's own storage, with the study `small` of two trials, one of which is being trained."""
    url = URL.create("sqlite", database=str(root / "tuner.db"))
    with opened(url) as storage:
        search(storage, trials=1)
        optuna.load_study(study_name="small", storage=storage).ask()
    return url


def test_a_copy_says_what_has_been_copied(call, stored):
    result = call("copy", "--to", "sqlite:///copy.db")
    assert result.exit_code == 0, result.output
    assert (
        result.stdout == 'The study "small" is copied: 2 trials, 1 of which was being trained and waits in the copy.\n'
    )
    assert result.stderr == "small: 2 trials\n"
    with opened(stored.set(database=str(Path.cwd() / "copy.db"))) as storage:
        assert states(storage) == ["COMPLETE", "WAITING"]


def test_one_study_may_be_copied_back_under_another_name(call, stored):
    call("copy", "--study", "studies/small.toml", "--to", "sqlite:///copy.db")
    result = call(
        "copy", "--study", "small", "--from", "sqlite:///copy.db", "--to", "sqlite:///tuner.db", "--as", "old"
    )
    assert result.stdout == 'The study "small" is copied as "old": 2 trials.\n'
    assert "old" in call("studies").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Name the storage to copy to, either with --to or with --to-file."),
        (("--to", "sqlite:///a.db", "--to-file", "url"), "either with --to or with --to-file"),
        (("--from", "sqlite:///a.db", "--from-file", "url", "--to", "sqlite:///b.db"), "leave one out"),
        (("--to", "sqlite:///a.db", "--as", "other"), "say which study with --study"),
        (("--to", "results.db"), "--to: results.db is no storage URL; write sqlite:///results.db"),
        (("--to", "mysql://host/trials"), "tuner keeps trials in SQLite or PostgreSQL, not in mysql"),
        (("--to-file", "nowhere"), "--to-file: nowhere cannot be read"),
        (("--study", "smal", "--to", "sqlite:///a.db"), 'has no study "smal"; it has small. Did you mean "small"?'),
        (("--to", "sqlite:///tuner.db"), "has small already"),
    ],
)
def test_what_cannot_be_is_refused(refused, stored, arguments, said):
    assert said in refused("copy", *arguments)


@pytest.mark.parametrize("option", ["--from", "--to"])
def test_a_password_on_the_command_line_is_refused_with_the_way_out(refused, stored, option):
    arguments = {"--to": "sqlite:///copy.db", option: "postgresql://ann:hush@host/trials"}
    said = refused("copy", *(word for pair in arguments.items() for word in pair))
    assert f"put the URL into a file of mode 600 and name that with {option}-file" in said
    assert "hush" not in said


@pytest.mark.needs("postgresql")
def test_a_server_with_a_password_is_named_by_a_file(call, refused, stored, postgresql, tmp_path):
    file = tmp_path / "server"
    url = postgresql.set(username=GUARDED, password=PASSWORD)
    file.write_text(url.render_as_string(hide_password=False))
    file.chmod(0o644)
    assert f"--to-file: {file} can be read by others than its owner; chmod 600 {file}" in refused(
        "copy", "--to-file", str(file)
    )
    file.chmod(0o600)
    assert call("copy", "--to-file", str(file)).exit_code == 0
    assert call("copy", "--from-file", str(file), "--to", "sqlite:///back.db").exit_code == 0
    assert "small" in call("studies", "--storage", "sqlite:///back.db").stdout
    assert PASSWORD not in refused("copy", "--to-file", str(file))
