"""scripts/bench/tables: its tables, its arithmetic, its page, and a run at toy size."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from scripts.bench.tables_parts import __main__ as front_door
from scripts.bench.tables_parts import measure
from scripts.bench.tables_parts.figures import Paired, Spread
from scripts.bench.tables_parts.measure import Line, measured_apart, read
from scripts.bench.tables_parts.plan import Piece, Plan
from scripts.bench.tables_parts.report import markdown, report
from scripts.bench.tables_parts.scores import scores
from scripts.bench.tables_parts.tables import TABLES
from tests.docs.pages import ROOT
from tuner.actions.check import check
from tuner.actions.init import init

PAGE = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")


# The tables.


def lines_of(path: Path) -> list[str]:
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode().splitlines()


def cells_of(path: Path, separator: str = ",") -> list[list[str]]:
    return [line.split(separator) for line in lines_of(path)]


def last_of(path: Path) -> list[str]:
    return [cells[-1] for cells in cells_of(path)[1:]]


def flats_are_written_as_in_germany(path: Path) -> bool:
    head, *rows = cells_of(path, ";")
    assert all(datetime.strptime(row[5], "%d.%m.%Y") for row in rows)
    assert all(re.fullmatch(r"\d+,\d\d", row[-1]) for row in rows)
    return head[-1] == "Miete" and {"k. A.", ""} <= {cell for row in rows for cell in row}


def towns_of_the_test_are_new(path: Path) -> bool:
    known, tested = ({row[0] for row in cells_of(each)[1:]} for each in (path, path.with_name("towns-test.csv")))
    test = cells_of(path.with_name("towns-test.csv"))[1:]
    return len(tested - known) >= 5 and 0.15 < sum(row[0] not in known for row in test) / len(test) < 0.35


def claims_are_skewed(path: Path) -> bool:
    claims = np.array([*map(float, last_of(path))])
    return bool(claims.mean() > 1.3 * np.median(claims) and claims.max() > 30 * claims.mean())


ODDITIES: Mapping[str, Callable[[Path], Any]] = {
    "breast_cancer": lambda path: set(last_of(path)) == {"benign", "malignant"} and len(last_of(path)) == 569,
    "wine": lambda path: len(pd.read_parquet(path)["cultivar"]) == 178,
    "diabetes": lambda path: lines_of(path)[0] == "@relation diabetes" and "@attribute sex {one,two}" in lines_of(path),
    "digits": lambda path: np.load(path)["x"].shape == (1797, 64),
    "flats": flats_are_written_as_in_germany,
    "clinic": lambda path: {"-999", "unknown", "?", "NA", ""} <= {cell for row in cells_of(path) for cell in row},
    "towns": towns_of_the_test_are_new,
    "fraud": lambda path: Counter(last_of(path)) == {"0": 5880, "1": 120},
    "few": lambda path: len(cells_of(path)) == 1 + 60,
    "wide": lambda path: path.suffix == ".gz" and {len(row) for row in cells_of(path)} == {801},
    "hundred": lambda path: len(set(last_of(path))) == 100 and min(Counter(last_of(path)).values()) >= 8,
    "sensors": lambda path: all(re.fullmatch(r"[0-3](\t-?\d+\.\d\d){8}", line) for line in lines_of(path)),
    "visits": lambda path: set(Counter(row[0] for row in cells_of(path)[1:]).values()) == {8},
    "sales": lambda path: (
        [row[0] for row in cells_of(path)[1:]] == [*map(str, pd.date_range("2021", "2024-12-31").date)]
    ),
    "claims": claims_are_skewed,
}
"""Whether a table's file has what its line in the results says of it."""


def test_there_are_tables_of_many_shapes_and_each_ones_oddity_is_looked_for() -> None:
    assert set(ODDITIES) == set(TABLES)
    assert len(TABLES) >= 12
    assert {table.task for table in TABLES.values()} == {"binary", "multiclass", "regression"}
    endings = {"".join(Path(table.file).suffixes) for table in TABLES.values()}
    assert endings == {".csv", ".txt", ".csv.gz", ".parquet", ".arff", ".npz"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.thorough] if name == "wide" else []) for name in TABLES]
)
def test_a_table_is_as_odd_as_it_says_and_init_proposes_a_study_that_passes_the_check(
    name: str, tmp_path: Path
) -> None:
    table = TABLES[name]
    (tmp_path / "studies").mkdir()
    table.write(tmp_path / table.file)
    assert ODDITIES[name](tmp_path / table.file)
    written = init(
        [tmp_path / table.file], table.target, test=[tmp_path / table.test] if table.test else [], root=tmp_path
    )
    assert written.look.goal.task == table.task
    checked = check(written.definition.name, root=tmp_path)
    assert checked.searched
    assert checked.definition == written.definition


def test_a_table_is_the_same_in_every_run(tmp_path: Path) -> None:
    for name in ("flats", "wide"):
        for copy in ("one", "other"):
            (tmp_path / copy).mkdir(exist_ok=True)
            TABLES[name].write(tmp_path / copy / TABLES[name].file)
        assert (tmp_path / "one" / TABLES[name].file).read_bytes() == (
            tmp_path / "other" / TABLES[name].file
        ).read_bytes()


# The arithmetic.


def test_balanced_accuracy_counts_classes_alike_and_rmse_is_in_the_targets_unit() -> None:
    truth = np.array([0, 0, 0, 1])
    assert scores(truth, np.zeros(4, int), classes=True) == {"balanced_accuracy": 0.5, "accuracy": 0.75}
    # A class that is predicted, but not there, is no class to be right about.
    assert scores(truth, np.array([0, 0, 2, 1]), classes=True)["balanced_accuracy"] == pytest.approx(5 / 6)
    assert scores(np.array([1.0, 2.0]), np.array([4.0, -2.0]), classes=False) == {
        "rmse": pytest.approx(12.5**0.5),
        "mae": 3.5,
    }


def test_less_of_an_error_is_better_and_more_of_an_accuracy() -> None:
    assert Paired.of([1.0, 2.0], [3.0, 1.5], "rmse").differences == (2.0, -0.5)
    assert Paired.of([0.5], [0.75], "balanced_accuracy").differences == (-0.25,)


def test_the_mean_of_the_differences_decides_however_small_and_a_loss_is_called_a_loss() -> None:
    assert Paired((0.1, 0.1, -0.5)).verdict == "loss"
    assert Paired((-1e-9,)).verdict == "loss"
    assert Paired((1e-9, 0.0)).verdict == "win"
    assert Paired((0.0, 0.0)).verdict == "tie"
    assert (Paired((0.1, 0.0, -0.5)).wins, Paired((0.1, 0.0, -0.5)).losses) == (1, 1)


def test_one_split_has_no_spread() -> None:
    assert Spread.of([2.0]) == Spread(2.0, None)
    assert Spread.of([1.0, 3.0]) == Spread(2.0, pytest.approx(2**0.5))


def made_up(table: str, split: int, measure: str, tuner: float, constant: float, mlp: float) -> tuple[Piece, Line]:
    found = {name: {measure: value} for name, value in (("tuner", tuner), ("constant", constant), ("mlp", mlp))}
    return Piece(table, split, 30), {"table": table, "split": split, "trials": 30, "measure": measure, "scores": found}


def test_every_win_loss_and_failure_is_in_the_table() -> None:
    measured = dict(
        [
            made_up("few", 0, "balanced_accuracy", 0.9, 0.5, 0.8),
            made_up("few", 1, "balanced_accuracy", 0.7, 0.5, 0.75),
            made_up("claims", 0, "rmse", 2600.0, 2500.0, 2000.0),
            made_up("claims", 1, "rmse", 2400.0, 2500.0, 2100.0),
        ]
    )
    measured[Piece("few", 0, 30)]["stopped"] = "out of time"
    measured[Piece("wine", 0, 30)] = measured[Piece("wine", 1, 30)] = {"error": "out of memory"}
    told = report(Plan(tables=("few", "claims", "wine"), splits=2), measured)
    assert told["tables"]["few"]["against_mlp"]["verdict"] == "win"
    assert told["tables"]["claims"]["against_mlp"]["verdict"] == "loss"
    assert told["tables"]["claims"]["against_constant"]["verdict"] == "tie"
    assert len(told["pieces"]) == 6
    json.dumps(told)
    text = markdown(told)
    assert (
        "| `few` | 60 rows | balanced accuracy | 0.800 ± 0.141 | 0.500 ± 0.000 | 0.775 ± 0.035 "
        "| +0.100, -0.050 | win, 1 of 2 |"
    ) in text
    assert ("| RMSE, EUR | 2,500 ± 141 | 2,500 ± 0 | 2,050 ± 71 | -600, -300 | loss, 0 of 2 |") in text
    assert "| `wine` | 178 rows; Parquet | failed |" in text
    assert (
        "Against scikit-learn's MLP: 1 wins, 1 losses and 0 ties over 2 tables; "
        "split by split 1 wins, 3 losses and 0 ties."
    ) in text
    assert "1 searches ended before 30 trials, by their study's own budget." in text
    head, line, *rows = text.split("\n\n")[0].splitlines()
    assert {row.count("|") for row in (head, line, *rows)} == {9}


# The run.


def test_one_split_of_all_tables_comes_before_the_next() -> None:
    pieces = list(Plan(tables=("few", "wine"), splits=2, trials=3).pieces())
    assert [(piece.table, piece.split) for piece in pieces] == [("few", 0), ("wine", 0), ("few", 1), ("wine", 1)]


def test_a_second_call_goes_on_where_the_first_one_stopped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    done: list[Piece] = []

    def measured_here(piece: Piece) -> Line:
        done.append(piece)
        if len(done) == 2:
            return {"table": piece.table, "split": piece.split, "trials": piece.trials, "error": "bad luck"}
        return {**made_up(piece.table, piece.split, "rmse", 1.0, 2.0, 3.0)[1], "trials": piece.trials, "seconds": {}}

    monkeypatch.setattr(measure, "measured_apart", measured_here)
    out, plan = tmp_path / "told.jsonl", Plan(tables=("flats", "sales"), splits=1)
    measure.measure(plan, out, say=lambda line: None)
    with out.open("a", encoding="utf-8") as file:
        file.write('{"table": "sal')  # the machine stopped
    assert [piece.table for piece in done] == ["flats", "sales"]
    found = measure.measure(plan, out, say=lambda line: None)
    assert [piece.table for piece in done] == ["flats", "sales", "sales"]
    assert not any("error" in line for line in found.values())
    measure.measure(Plan(tables=("flats",), splits=1, trials=4), out, say=lambda line: None)
    assert done[-1] == Piece("flats", 0, 4)
    measure.measure(plan, out, say=lambda line: None)
    assert len(done) == 4
    assert len(read(out)) == 3


@pytest.mark.thorough
def test_a_worker_that_fails_says_why() -> None:
    assert "KeyError" in measured_apart(Piece("no such table", 0, 1))["error"]


def test_the_page_shows_commands_that_the_benchmark_understands() -> None:
    commands = re.findall(r"^scripts/bench/tables(.*)$", PAGE, re.MULTILINE)
    assert len(commands) >= 2
    for command in commands:
        front_door.plan_of(front_door.options().parse_args(command.split()))


def test_the_page_names_every_table() -> None:
    assert [name for name in TABLES if f"`{name}`" not in PAGE] == []
