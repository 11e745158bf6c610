"""Every command, study file and Python snippet in README.md and docs/ is run, page by page and in order.

Each page gets a project folder of its own, with a copy of studies/, and `tuner` on the PATH. What differs from what the
page says is in the tables below, and nowhere else: budgets are small, and a few commands are replaced or served.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import PAGES, ROOT, Block, blocks, name
from tuner.study.read import read_study
from tuner.study.sweeps.load import load_sweep

SMALL = {
    re.compile(r"^epochs = \d+", re.MULTILINE): "epochs = 2",
    re.compile(r"^trials = \d+", re.MULTILINE): "trials = 2",
    re.compile(r'"epochs": \d+'): '"epochs": 2',
}
"""What is made small in every study file and snippet, so that a full search takes seconds."""

SIMPLE = {
    re.compile(r"^depth = .*", re.MULTILINE): "depth = 1",
    re.compile(r"^width = .*", re.MULTILINE): "width = 8",
    re.compile(r"^activation = .*", re.MULTILINE): 'activation = "relu"',
}
"""What is made simple too before a search: such networks compile faster. What `tuner check` shows is as it was."""

REPLACED = {
    "make search": ("tuner search --study digits", "it installs first; a test below holds it against the Makefile"),
    "make test": ("true", "these are the tests; a test below holds it against the Makefile"),
    ". .venv/bin/activate": ("true", "tuner is on the PATH already"),
    "tuner search --study flats": ("tuner search --study flats --trials 2", "init writes a whole budget"),
    "tuner search --study customers": ("tuner search --study customers --trials 2", "fewer trials"),
    "tuner search --study digits --workers 4": ("tuner search --study digits --workers 2", "fewer processes"),
    "tuner search --study first --trials 20": ("tuner search --study first --trials 4", "fewer trials"),
}
"""Commands that are run as something else, and why."""

NOT_RUN = {
    "export TUNER_STORAGE='postgresql+psycopg://me:secret@db.example.org/tuner'": "needs a PostgreSQL server",
    "export TUNER_STORAGE_FILE=~/.tuner-storage": "needs a PostgreSQL server",
    "tuner copy --to-file ~/.tuner-storage": "needs a PostgreSQL server",
    "tuner search --study churn --cluster slurm --workers 16": "needs a cluster; tests/actions/test_slurm_search.py",
    "tuner copy --from sqlite:///last-night.db --to-file ~/.tuner-owner": "needs a PostgreSQL server",
    "tuner search --study digits": "stands beside the one above; run by itself on other pages",
}
"""Commands in blocks that only show a text, and why they are not run."""

STATUS = {
    ("docs/study-files.md", "tuner check --study mistakes"): 2,
    ("docs/storage.md", "tuner search --study digits"): 2,
}
"""Exit codes of shown commands that are meant to be refused."""

SEARCHED_BEFORE = {"docs/storage.md", "docs/running.md"}
"""Pages that speak of the study `digits` as one that has been searched already."""

TRAINS_NOTHING = {"before", "docs/running.md", "docs/storage.md", "docs/sweeps.md"}
"""Pages whose searches have a trainer that trains nothing, and what was searched before them: they are about what
surrounds training."""

TRAIN_NOTHING = {
    ("README.md", "tuner search --study first"),
    ("README.md", "tuner search --study first --trials 20"),
    ("docs/init.md", "tuner search --study customers"),
    ("docs/tables.md", "tuner search --study flats"),
}
"""Single searches of other pages for which the same holds: what is trained really is another one on the same page, or
what `tuner init` has written in README.md."""

LOOKS_LIKE_A_COMMAND = re.compile(r"(\$ |tuner (?!\d)|make |optuna |python |pip |export |\. |cd )")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project folder with the bundled studies, made small."""
    return small_project(tmp_path / "project")


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder in which the study `digits` has been searched; not to be changed."""
    folder = small_project(tmp_path_factory.mktemp("searched") / "project")
    Reader("before", folder).run("tuner search --study digits")
    return folder


def small_project(folder: Path) -> Path:
    shutil.copytree(ROOT / "studies", folder / "studies")
    for study in (folder / "studies").glob("*.toml"):
        study.write_text(small(study.read_text(encoding="utf-8")), encoding="utf-8")
    simplify(folder)
    return folder


def simplify(folder: Path) -> None:
    """Make the networks of all studies simple."""
    for study in (folder / "studies").glob("*.toml"):
        before = text = study.read_text(encoding="utf-8")
        for pattern, simpler in SIMPLE.items():
            text = pattern.sub(simpler, text)
        if text != before:
            study.write_text(text, encoding="utf-8")


def small(study: str) -> str:
    for pattern, fewer in SMALL.items():
        study = pattern.sub(fewer, study)
    return study


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_of_the_page_does_what_the_page_says(
    page: Path, project: Path, request: pytest.FixtureRequest
) -> None:
    if name(page) in SEARCHED_BEFORE:
        shutil.copytree(request.getfixturevalue("searched"), project, dirs_exist_ok=True)
    reader = Reader(name(page), project)
    shown = blocks(page)
    snippets = [block for block in shown if block.language == "python"]
    for block in shown:
        match block.language:
            case "sh":
                reader.run_block(block)
            case "console":
                for command, output in block.dialogue():
                    assert reader.run(command, STATUS.get((name(page), command), 0)) == output
            case "toml":
                if block.file is not None:
                    (project / block.file).parent.mkdir(exist_ok=True)
                    (project / block.file).write_text(small(block.text), encoding="utf-8")
            case "python":
                # A page's snippets are one program, as the cells of a notebook are; it is run at the last of them.
                if block is snippets[-1]:
                    (project / "page.py").write_text(small("\n".join(each.text for each in snippets)), encoding="utf-8")
                    reader.run("python page.py")
            case "sql":
                pass  # tests/search/test_storage_roles.py says it to a server
            case "text":
                commands = [line for line in block.text.splitlines() if LOOKS_LIKE_A_COMMAND.match(line)]
                assert set(commands) <= set(NOT_RUN), f"{name(page)}:{block.line}: neither run nor in NOT_RUN"
            case other:
                pytest.fail(f"{name(page)}:{block.line}: a block of {other!r}, which this test does not know")


class Reader:
    """Somebody who follows a page to the letter, with `tuner` on the PATH and nothing in the home folder."""

    def __init__(self, page: str, project: Path) -> None:
        self.page = page
        self.project = project
        home = project.parent / "home"
        home.mkdir()
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("TUNER_")} | {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "HOME": str(home),
            "COLUMNS": "80",
            "TF_CPP_MIN_LOG_LEVEL": "3",
        }
        program = home / "bin" / "tuner"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m tests.cli.fake_tuner "$@"\n')
        program.chmod(0o755)
        self.trains_nothing = {"PATH": os.pathsep.join([str(program.parent), self.environment["PATH"]])}
        if page in TRAINS_NOTHING:
            self.environment |= self.trains_nothing

    def run_block(self, block: Block) -> None:
        for command in block.text.splitlines():
            assert not command.endswith("\\"), "each line is run by itself"
            if command.startswith("tuner dashboard"):
                self.look_at_the_dashboard(command)
            else:
                self.run(REPLACED.get(command, (command, ""))[0], fake=(self.page, command) in TRAIN_NOTHING)

    def run(self, command: str, status: int = 0, *, fake: bool = False) -> str:
        """Run a command to its end, with a trainer that trains nothing if it is to be fake.

        Returns:
            What it printed, trailing blanks left out.
        """
        if command.startswith(("tuner search", "tuner sweep run")):
            simplify(self.project)
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.project,
            env=self.environment | (self.trains_nothing if fake else {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
        )
        assert done.returncode == status, f"{self.page}: {command}\n{done.stdout}"
        return "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())

    def look_at_the_dashboard(self, command: str) -> None:
        """Start it at a free port, get its page, and press Ctrl-C."""
        words = [*re.sub(r" --port \d+", "", command).split(), "--port", "0"]
        server = subprocess.Popen(
            words, cwd=self.project, env=self.environment, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        try:
            assert server.stdout is not None
            told = re.search(r"http://\S+", server.stdout.readline())
            assert told is not None
            with urllib.request.urlopen(told[0], timeout=600) as answer:
                assert b"<title>Optuna Dashboard" in answer.read()
            server.send_signal(signal.SIGINT)
            server.communicate(timeout=600)
            assert server.returncode == 0
        finally:
            server.kill()
            server.communicate()


@pytest.mark.parametrize(
    ("target", "last"), [("search", ".venv/bin/tuner search --study digits"), ("test", "scripts/test")]
)
def test_make_does_what_these_tests_put_in_its_place(target: str, last: str) -> None:
    # These tests may themselves be run by make, which tells its own options to every make below it.
    outside = {
        name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "ARGS")
    }
    told = subprocess.run(["make", "-n", target], cwd=ROOT, env=outside, capture_output=True, text=True, check=True)
    assert told.stdout.splitlines()[-1].strip() == last


def test_no_command_is_replaced_or_left_out_that_no_page_shows() -> None:
    lines = {line.removeprefix("$ ") for page in PAGES for block in blocks(page) for line in block.text.splitlines()}
    assert {*REPLACED, *NOT_RUN, *(command for _, command in (*STATUS, *TRAIN_NOTHING))} <= lines


def fragments() -> list[Any]:
    return [
        pytest.param(block.text, id=f"{name(page)}:{block.line}")
        for page in PAGES
        for block in blocks(page)
        if block.language == "toml" and block.file is None
    ]


@pytest.mark.parametrize("fragment", fragments())
def test_a_piece_of_a_study_file_is_right(fragment: str) -> None:
    piece = tomllib.loads(fragment)
    study = {"data": {"builtin": "digits"}, "hyperparameters": {"epochs": 2}, **piece}
    read_study(study, source="the piece", stem=piece.get("name", "piece"))


def pieces_of_sweeps() -> list[Any]:
    return [
        pytest.param(block.text, id=f"line {block.line}")
        for block in blocks(ROOT / "docs" / "sweeps.md")
        if block.language == "text" and "=" in block.text
    ]


@pytest.mark.parametrize("piece", pieces_of_sweeps())
def test_a_piece_of_a_sweep_file_is_right(piece: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "studies", tmp_path / "studies")
    (tmp_path / "sweeps").mkdir()
    whole = piece if "[[studies]]" in piece else f'{piece}\n[[studies]]\nstudy = "digits"'
    (tmp_path / "sweeps" / "piece.toml").write_text(whole)
    assert load_sweep("piece", tmp_path).studies
