"""A study file proposed for a table: what it says, that it is right, and that nothing is written that should not be."""

from __future__ import annotations

import tomllib
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tuner.actions.check import check
from tuner.actions.init import init, study_name
from tuner.data.load import load_table
from tuner.data.prepare import prepare
from tuner.errors import DataError, StudyError
from tuner.study.load import load_study
from tuner.study.read import read_study


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def propose(project: Path):
    def propose(rows: int = 300, *, text: bool = False, **columns):
        """The file proposed for a table of these columns, or its text."""
        random = np.random.default_rng(0)
        table = pd.DataFrame({"size": random.normal(size=rows), **columns})
        if "y" not in table:
            table["y"] = random.choice(["no", "yes"], rows)
        table.to_csv("t.csv", index=False)
        written = init(["t.csv"], "y", root=project, force=True)
        return written.text if text else written

    return propose


def messy(rows: int = 300) -> dict[str, object]:
    random = np.random.default_rng(1)
    weight = np.round(random.normal(70, 9, rows), 1).astype(str)
    weight[: rows // 9] = "unknown"
    return {
        "id": np.arange(1, rows + 1),
        "customer": random.integers(0, rows // 5, rows),
        "income": np.where(random.random(rows) < 0.1, -999, random.integers(0, 9000, rows)),
        "when": [f"{n % 12 + 1:02}/{n % 11 + 1:02}/2026" for n in range(rows)],
        "weight": weight,
        "Pclass": random.integers(1, 4, rows),
        "note": [f"a long text of many words, number {n}" for n in range(rows)],
        "const": 5,
        "empty": np.nan,
        'odd "name"\t#1': random.normal(size=rows),
        "price": [f"${n}.50" for n in range(rows)],
    }


def test_a_messy_table_is_searched_without_an_edit(propose, project):
    written = propose(**messy())
    assert check("t", root=project).definition == written.definition
    definition = load_study("t", project)
    data = prepare(definition.data, seed=0, root=project, forms=definition.forms.by_key)
    assert data.task == "binary"
    table = load_table(definition.data, root=project)
    assert [(each.name, each.kind) for each in table.features] == [
        ("size", "number"),
        ("customer", "category"),
        ("income", "number"),
        ("when", "date"),
        ("weight", "number"),
        ("Pclass", "category"),
        ('odd "name"\t#1', "number"),
    ]


def test_everything_said_stands_beside_its_reason(propose):
    text = propose(**messy(), text=True)
    for line in (
        '"unknown",  # 33 rows of "weight" (11 %), which holds numbers',
        '"id",  # counts the rows: 1, 2, 3, ...',
        '"const",  # constant: 5 in every row',
        '"empty",  # no value in any row',
        '# group = "customer"',
        '# time = "when"',
        'when = "%d/%m/%Y"',
        'Pclass = "category"  # 3 different whole numbers; "pclass" says that they are codes',
        'task = "binary"',
        '# binary: 2 different texts: "no", "yes"',
    ):
        assert line in text, line
    assert "-999,  # " in text
    assert "while all others lie in" in text
    assert "  (11 %)" not in text


def test_what_is_suggested_works_once_its_hash_is_gone(propose, project):
    written = propose(**messy())
    for line in ('# group = "customer"', '# time = "when"'):
        assert written.text.count(f"\n{line}\n") == 1
        edited = tomllib.loads(written.text.replace(f"\n{line}\n", f"\n{line[2:]}\n"))
        assert load_table(read_study(edited, source="t").data, root=project).rows == 300


def test_a_leak_is_loud_and_one_hash_away_from_being_left_out(propose, project):
    y = np.random.default_rng(3).choice(["no", "yes"], 300)
    written = propose(closed=np.where(y == "yes", 3.5, 1.5), y=y)
    assert 'SUSPECTED LEAK: "closed" alone predicts the target' in written.text
    assert written.definition.data.drop == ()
    assert '    # "closed",\n' in written.text
    edited = tomllib.loads(written.text.replace('    # "closed",', '    "closed",'))
    assert edited["data"]["drop"] == ["closed"]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (150, ["folds = 5", "repeats = 3", "15 trainings", "choices = [8, 16]"]),
        (300, ["folds = 5", "5 trainings", "choices = [16, 32]"]),
        (3000, ["validation = 0.2", "choices = [32, 64]"]),
    ],
)
def test_the_split_and_the_space_go_by_the_size(propose, rows, says):
    text = propose(rows, text=True)
    assert all(each in text for each in says)
    assert ("folds" in text) == (rows <= 1000)
    assert ("repeats" in text) == (rows <= 200)


def test_rare_classes_are_told_with_what_accuracy_would_make_of_them(propose):
    text = propose(1000, text=True, y=["yes"] * 20 + ["no"] * 980)
    assert 'rows of each class: "no" 98 %, "yes" 2 %' in text
    assert 'Only 2 % of the rows are "yes".' in text
    assert 'metric = "val_log_loss"' in text


def test_classes_of_very_few_rows_are_named(propose):
    written = propose(300, y=["a"] * 150 + ["b"] * 149 + ["c"])
    assert '"c" has 1 row: too few to be learned well' in written.text
    assert "too few rows of class" in written.notes[0]


def test_far_values_call_for_another_scaler_and_a_hint_at_another_metric(propose):
    random = np.random.default_rng(0)
    far = np.where(np.arange(300) == 3, 1e4, random.normal(size=300))
    text = propose(300, text=True, far=far, y=far + random.normal(size=300))
    assert 'scaler = { choices = ["standard", "quantile"] }' in text
    assert 'metric = "val_rmse"' in text
    assert "val_mae" in text


def test_long_categories_are_told(propose):
    levels = [f"L{n % 80}" for n in range(3000)]
    assert '"town": more levels than that' in propose(3000, text=True, town=levels)


def test_wide_tables_are_listed_in_part_and_no_line_is_long(propose):
    columns = {f"c{n}": np.random.default_rng(n + 1).normal(size=300) for n in range(60)}
    text = propose(300, text=True, **columns)
    assert "#   and 21 more: 21 of kind number; 0 columns of them with missing values" in text
    assert max(map(len, text.splitlines())) <= 120


def test_the_split_of_test_files_is_theirs(propose, project):
    propose()
    pd.read_csv("t.csv").head(40).to_csv("more.csv", index=False)
    written = init(["t.csv"], -1, name="two", test=["more.csv"], root=project)
    assert written.definition.data.test_path == "more.csv"
    assert not {"test"} & written.definition.data.model_fields_set
    assert load_table(written.definition.data, root=project).rows == 340


def test_several_files_are_one_table(propose, project):
    propose()
    pd.read_csv("t.csv").to_csv("more.csv", index=False)
    written = init(["t.csv", "more.csv"], "y", root=project, name="both")
    assert written.definition.data.path == ("t.csv", "more.csv")
    assert written.look.rows == 600


def test_a_file_is_not_replaced_unless_it_is_said(propose, project):
    propose()
    path = project / "studies" / "t.toml"
    path.write_text("mine")
    with pytest.raises(StudyError, match=r"studies/t.toml: there is such a file already; --force replaces it"):
        init(["t.csv"], "y", root=project)
    init(["t.csv"], "y", root=project, write=False)
    assert path.read_text() == "mine"
    init(["t.csv"], "y", root=project, force=True)
    assert path.read_text() != "mine"


def test_nothing_is_written_where_the_table_cannot_be_learned(project):
    (project / "bad.csv").write_text("a,a\n1,2\n")
    with pytest.raises(DataError, match="two columns"):
        init(["bad.csv"], "a", root=project)
    (project / "gap.csv").write_text("a,y\n" + "1,2\n" * 30 + "3,\n")
    with pytest.raises(DataError, match="row 32"):
        init(["gap.csv"], "y", root=project)
    assert not (project / "studies").exists()


def test_paths_are_written_as_seen_from_the_root(propose, project, monkeypatch):
    propose()
    (project / "below").mkdir()
    monkeypatch.chdir(project / "below")
    assert init(["../t.csv"], "y", root=project, force=True).definition.data.path == "t.csv"
    assert init(["t.csv"], "y", root=project, force=True).definition.data.path == "t.csv"
    outside = project / "below"
    written = init(["../t.csv"], "y", root=outside, name="far")
    assert written.definition.data.path == str(project / "t.csv")
    assert written.path == outside / "studies" / "far.toml"


@pytest.mark.parametrize("name", ["a b", "", "../x", "-x", "x.toml", "ä"])
def test_a_name_that_cannot_be_is_refused(project, name):
    with pytest.raises(StudyError, match="should be of letters"):
        init(["t.csv"], "y", name=name, root=project)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("train.csv.gz", "train"),
        ("my data (1).csv", "my-data-1"),
        ("ÄÖ.csv", "AO"),
        (".hidden", "hidden"),
        ("日.csv", "study"),
    ],
)
def test_a_study_is_called_as_its_file_as_far_as_that_can_be(path, name):
    assert study_name(path) == name


CELLS = st.one_of(
    st.sampled_from(["", "unknown", "-", "-999", "9999", "1", "2", "3.5", "1,5", "x", "inf"]),
    st.sampled_from(["01/02/2026", "2026-01-02", "31.12.2026"]),
    st.text(max_size=12),
    st.floats().map(repr),
    st.integers(-5, 5).map(str),
)
NAMES = st.one_of(
    st.sampled_from(["id", "zip", "customer", "date", "y", "a.b", "#", "'", '"']),
    st.text(min_size=1, max_size=8).filter(str.strip),
)


@st.composite
def tables(draw) -> pd.DataFrame:
    names = draw(st.lists(NAMES, min_size=2, max_size=5, unique=True))
    rows = draw(st.sampled_from([3, 25, 60]))
    columns = {}
    for name in names:
        few = draw(st.lists(CELLS, min_size=1, max_size=25))
        seed = draw(st.integers(0, 99))
        columns[name] = np.random.default_rng(seed).choice(np.array(few, dtype=object), rows)
    if draw(st.integers(0, 3)):
        # A target that can be learned, so that not every table is refused for it.
        columns["goal"] = np.random.default_rng(0).choice(
            draw(st.sampled_from([["no", "yes"], [1.5, 2, 3, 9999]])), rows
        )
    return pd.DataFrame(columns)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=tables())
def test_of_any_table_comes_a_study_that_reads_it_or_a_clear_refusal(project, table):
    try:
        (project / "t.csv").write_bytes(table.to_csv(index=False).encode())
    except UnicodeEncodeError:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            written = init(["t.csv"], -1, root=project, force=True)
        except DataError as error:
            refusal = str(error)
        else:
            refusal = None
    if refusal is not None:
        assert "t.csv" in refusal
        return
    definition = check("t", root=project).definition
    assert definition == written.definition
    prepare(definition.data, seed=0, root=project, forms=definition.forms.by_key)
