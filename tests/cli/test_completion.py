from __future__ import annotations

from click.shell_completion import ShellComplete

from tuner.cli.main import main


def completions(*arguments, incomplete=""):
    shell = ShellComplete(main, {}, "tuner", "_TUNER_COMPLETE")
    return [item.value for item in shell.get_completions(list(arguments), incomplete)]


def test_commands_are_completed():
    assert completions(incomplete="sc") == ["schedule", "schema"]


def test_studies_are_completed_by_the_names_of_their_files(root, monkeypatch):
    (root / "studies" / "other.toml").write_text("")
    monkeypatch.chdir(root)
    assert completions("search", "--study") == ["other", "small"]
    assert completions("search", "--study", incomplete="sm") == ["small"]


def test_a_root_that_is_none_completes_nothing(monkeypatch):
    monkeypatch.setenv("TUNER_ROOT", "/no/such/folder")
    assert completions("search", "--study") == []


def test_kinds_of_schedules_are_completed():
    assert "cosine" in completions("schedule", incomplete="co")
