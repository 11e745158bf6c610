"""What `tuner init` says, writes and refuses."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.cli.test_imports import HEAVY, imported_by


@pytest.fixture
def table(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a file of 60 rows, of which one column gives the target away."""
    monkeypatch.chdir(root)
    draw = random.Random(0)
    rows = ["id,size,town,closed,sold"]
    for number in range(60):
        sold = draw.choice(["no", "yes"])
        rows.append(f"{number},{draw.random():.3f},{draw.choice(['Ulm', 'Bonn'])},{sold == 'yes'},{sold}")
    path = root / "houses.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def test_a_study_is_written_and_what_to_do_next_is_said(call, table, root):
    result = call("init", "--data", "houses.csv", "--target", "sold")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        "studies/houses.toml: written, from 60 rows of houses.csv",
        'target    sold: binary, 2 different texts: "no", "yes"',
        "features  1 number, 2 category",
        "left out  id",
        "Read its comments, change what is wrong, and then:",
        "  tuner check --study houses",
        "  tuner search --study houses",
    ]
    assert result.stderr == (
        'studies/houses.toml: suspected leak: "closed" alone predicts the target: area under the ROC curve 1.0000 in '
        "cross-validation on 60 rows; see drop in the file\n"
    )
    assert call("check", "--study", "houses").exit_code == 0


@pytest.mark.thorough
def test_a_proposed_study_can_be_searched(call, table, root):
    assert call("init", "--data", "houses.csv", "--target", "-1", "--name", "quick").exit_code == 0
    result = call("search", "--study", "quick", "--trials", "2")
    assert result.exit_code == 0, result.output
    assert "2 of 2 finished" in result.stdout


def test_stdout_shows_the_file_and_writes_nothing(call, table, root):
    result = call("init", "--data", "houses.csv", "--target", "sold", "--stdout", "--task", "multiclass")
    assert result.exit_code == 0
    assert 'task = "multiclass"' in result.stdout
    assert "suspected leak" in result.stderr
    assert not (root / "studies" / "houses.toml").exists()


def test_without_a_target_the_columns_are_listed(refused, table):
    assert refused("init", "--data", "houses.csv") == (
        "houses.csv: which column is to be predicted? Name it with --target; there are id, size, town, closed, sold. "
        'Did you mean "sold", the last column?\n'
    )


def test_a_file_that_is_there_already_is_kept_unless_forced(call, refused, table, root):
    kept = root / "studies" / "small.toml"
    before = kept.read_text()
    said = refused("init", "--data", "houses.csv", "--target", "sold", "--name", "small")
    assert said == "studies/small.toml: there is such a file already; --force replaces it\n"
    assert kept.read_text() == before
    assert call("init", "--data", "houses.csv", "--target", "sold", "--name", "small", "--force").exit_code == 0
    assert kept.read_text() != before


def test_a_table_that_cannot_be_read_leaves_nothing_behind(refused, root, monkeypatch):
    monkeypatch.chdir(root)
    (root / "bad.csv").write_text("a,b\n1,2\n3\n")
    assert "bad.csv" in refused("init", "--data", "bad.csv", "--target", "b")
    assert "there is no such file" in refused("init", "--data", "absent.csv", "--target", "b")
    assert [each.name for each in (root / "studies").iterdir()] == ["small.toml"]


def test_studies_is_made_where_root_says(call, table, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    assert call("init", "--data", "houses.csv", "--target", "sold", "--root", str(other)).exit_code == 0
    assert (other / "studies" / "houses.toml").is_file()


def test_a_look_needs_neither_keras_nor_optuna(table, root):
    arguments = ["init", "--data", str(table), "--target", "sold", "--root", str(root)]
    read_with = ("pandas", "pyarrow", "sklearn")
    seen, printed = imported_by(arguments, [name for name in HEAVY if name not in read_with])
    assert "written, from 60 rows" in printed
    assert seen == []
