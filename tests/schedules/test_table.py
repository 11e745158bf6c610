"""The table of curves, and that no curve goes without its contract."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tuner.schedules import CURVES


@pytest.mark.parametrize("kind", CURVES)
def test_every_curve_of_the_table_inherits_the_contract_in_its_own_test_file(kind: str) -> None:
    tree = ast.parse(Path(__file__).with_name(f"test_{kind}.py").read_text("utf-8"))
    kinds = [
        ast.literal_eval(line.value)
        for cls in tree.body
        if isinstance(cls, ast.ClassDef) and [ast.unparse(base) for base in cls.bases] == ["CurveContract"]
        for line in cls.body
        if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "kind"
    ]

    assert kinds == [kind]


@pytest.mark.parametrize("kind", CURVES)
def test_every_curve_of_the_table_lies_in_the_file_named_after_it(kind: str) -> None:
    assert CURVES[kind].__module__ == f"tuner.schedules.{kind}"
    assert CURVES[kind].__name__.lower() == kind.replace("_", "")
