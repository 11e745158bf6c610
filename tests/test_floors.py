"""The rooms of the package, top to bottom: imports only go down, and a heavy library stays in its room."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "tuner"

FLOORS = {
    "__main__": 10,
    "cli": 9,
    "actions": 8,
    "cluster": 7, "report": 7,
    "search": 6,
    "training": 5,
    "lanes": 4,
    "models": 3, "data": 3,
    "study": 2, "space": 2,
    "hyperparameters": 1, "schedules": 1,
    "__init__": 0, "errors": 0, "clock": 0, "seeds": 0,
}  # fmt: skip

NEIGHBOURS = {("study", "space"), ("hyperparameters", "schedules")}
"""Who may import whom on one floor."""

LIBRARIES = {
    "cli": {"click", "rich"},
    "actions": {"psutil"},
    "cluster": set(),
    "report": {"optuna", "optuna_dashboard", "plotly", "plotext", "matplotlib", "keras"},
    "search": {"optuna", "sqlalchemy", "alembic", "psutil", "scipy"},
    "training": {"keras", "tensorflow", "psutil", "scipy"},
    "lanes": {"keras", "tensorflow"},
    "models": {"keras"},
    "data": {"pandas", "pyarrow", "scipy", "sklearn"},
    "study": {"pydantic", "pydantic_core"},
    "space": {"pydantic", "pydantic_core"},
    "hyperparameters": {"pydantic", "pydantic_core"},
}
"""What a room may import beside the standard library, and beside NumPy from floor 3 upwards."""


def imported(tree: ast.Module, path: Path) -> Iterator[tuple[int, str]]:
    """Every import of a file, also within functions, as (line, dotted name); a name from a module counts with it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            near = ["tuner", *path.parts[:-1]]
            base = [*near[: len(near) - node.level + 1], *filter(None, [node.module])] if node.level else [node.module]
            yield from ((node.lineno, ".".join([*map(str, base), alias.name])) for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("import_module", "__import__"):
            yield from ((node.lineno, arg.value) for arg in node.args[:1] if isinstance(arg, ast.Constant))


def broken_rules(source: str, path: Path) -> Iterator[str]:
    """Every rule that a file breaks, with its line; `path` is relative to the package."""
    room = path.parts[0].removesuffix(".py")
    if room not in FLOORS:
        yield f"tuner/{path}:1 stands in {room}, a room without a floor; give it one in tests/test_floors.py"
        return
    for line, name in imported(ast.parse(source), path):
        place, (top, *inner) = f"tuner/{path}:{line}", name.split(".")
        if top != "tuner":
            allowed = LIBRARIES.get(room, set()) | ({"numpy"} if FLOORS[room] >= 3 else set())
            if top not in sys.stdlib_module_names and top not in allowed:
                names = ", ".join(sorted(allowed)) or "no library"
                yield f"{place} imports {top}, which {room} may not; it may import {names}"
            continue
        other = inner[0] if inner and (inner[0] in FLOORS or not inner[0].startswith("_")) else "__init__"
        if other not in FLOORS:
            yield f"{place} imports tuner.{other}, a room without a floor; give it one in tests/test_floors.py"
        elif FLOORS[other] > FLOORS[room]:
            yield f"{place} imports tuner.{other} on floor {FLOORS[other]}, which lies above {room} on {FLOORS[room]}"
        elif FLOORS[other] == FLOORS[room] and other != room and (room, other) not in NEIGHBOURS:
            yield f"{place} imports tuner.{other}, but {other} and {room} share floor {FLOORS[room]}"


def test_imports_only_go_down_and_heavy_libraries_stay_in_their_rooms() -> None:
    files = sorted(PACKAGE.rglob("*.py"))
    broken = [rule for file in files for rule in broken_rules(file.read_text("utf-8"), file.relative_to(PACKAGE))]

    assert files
    assert not broken, "\n" + "\n".join(broken)


@pytest.mark.parametrize(
    ("path", "source", "expected"),
    [
        ("space/a.py", "import tuner.search.loop", "tuner/space/a.py:1 imports tuner.search on floor 6, which lies"),
        ("space/a.py", "\nfrom tuner import search", "tuner/space/a.py:2 imports tuner.search on floor 6"),
        ("space/a.py", "from ..search import loop", "tuner/space/a.py:1 imports tuner.search on floor 6"),
        ("seeds.py", "def f():\n    from tuner.cli.main import main", "tuner/seeds.py:2 imports tuner.cli on floor 9"),
        ("data/a.py", "\nimportlib.import_module('tuner.lanes')", "tuner/data/a.py:2 imports tuner.lanes"),
        ("models/a.py", "from tuner.data.prepared import Prepared", "but data and models share floor 3"),
        ("space/a.py", "from tuner.study.metrics import METRICS", "but study and space share floor 2"),
        ("schedules/a.py", "from tuner.hyperparameters import Layers", "hyperparameters and schedules share floor 1"),
        ("errors.py", "from tuner.seeds import derive_seed", "but seeds and errors share floor 0"),
        ("__init__.py", "from tuner.actions import search", "imports tuner.actions on floor 8"),
        ("search/a.py", "import keras.layers", "imports keras, which search may not; it may import alembic, numpy"),
        ("space/a.py", "import numpy as np", "imports numpy, which space may not; it may import pydantic"),
        ("schedules/a.py", "from pydantic import Field", "which schedules may not; it may import no library"),
        ("cli/a.py", "from optuna.samplers import TPESampler", "imports optuna, which cli may not"),
        ("actions/a.py", "import requests", "imports requests, which actions may not"),
        ("attic/a.py", "", "tuner/attic/a.py:1 stands in attic, a room without a floor"),
        ("cli/a.py", "import tuner.attic", "tuner/cli/a.py:1 imports tuner.attic, a room without a floor"),
    ],
)  # fmt: skip
def test_a_broken_rule_is_named_with_its_file_and_line(path: str, source: str, expected: str) -> None:
    (broken,) = broken_rules(source, Path(path))

    assert expected in broken


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("search/loop.py", "import math, optuna\nfrom tuner.training.job import Job\nfrom tuner import __version__"),
        ("search/loop.py", "from tuner.search import storage\nfrom . import budget\nfrom .budget import Budget"),
        ("study/load.py", "from tuner.space import choose\nfrom pydantic import Field"),
        ("hyperparameters/a.py", "from tuner.schedules import CURVES"),
        ("training/callbacks/a.py", "from ..job import Job\nfrom ...errors import TunerError\nimport numpy, keras"),
    ],
)
def test_what_the_floors_allow_is_left_alone(path: str, source: str) -> None:
    assert list(broken_rules(source, Path(path))) == []
