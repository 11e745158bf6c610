import ast
from pathlib import Path

import numpy as np
import pytest

import tuner
from tuner.data.held_out import held_out, held_out_of_members, held_out_table
from tuner.data.prepare import prepare
from tuner.data.prepare_table import prepare_table
from tuner.errors import DataError
from tuner.hyperparameters.preprocessing import Preprocessing
from tuner.study.data_settings import BUILTIN_TASKS, DataSettings

NONE = Preprocessing(scaler="none")


@pytest.mark.parametrize("name", BUILTIN_TASKS)
def test_held_out_rows_are_the_rest_of_the_table(name):
    settings = DataSettings(builtin=name)
    data = prepare(settings, seed=20, root=Path()).first
    rest = held_out(settings, seed=20, root=Path())
    total = {"digits": 1797, "breast_cancer": 569, "wine": 178, "diabetes": 442}[name]
    assert len(data.x_train) + len(data.x_validation) + len(rest.x) == total
    assert rest.fingerprint == data.fingerprint
    assert rest.x.dtype == np.float32
    assert rest.y.dtype == data.y_train.dtype


def test_held_out_rows_are_transformed_by_what_the_training_rows_taught(make_table):
    table, settings = make_table(rows=50), DataSettings(builtin="wine")
    data = prepare_table(table, settings, seed=3, forms={"main": NONE}).first
    rest = held_out_table(table, settings, seed=3, form=NONE)
    seen = np.concatenate([data.x_train, data.x_validation, rest.x])
    np.testing.assert_array_equal(np.sort(seen, axis=0), np.sort(table.x.astype(np.float32), axis=0))
    scaled = np.concatenate([data.y_train, data.y_validation, rest.y])
    targets = scaled.astype(np.float64) * data.target_scale + data.target_mean
    np.testing.assert_allclose(np.sort(targets), np.sort(table.y), rtol=1e-5)


def test_held_out_rows_of_each_fold_are_transformed_by_what_its_own_training_rows_taught():
    settings = DataSettings(builtin="diabetes", folds=3, repeats=2)
    data = prepare(settings, seed=5, root=Path())
    of_members = held_out_of_members(settings, seed=5, root=Path())
    assert [len(repeat) for repeat in of_members] == [3, 3]
    own_units = []
    for rest, seen in zip(of_members, data.forms["main"], strict=True):
        for held, prepared in zip(rest, seen, strict=True):
            assert held.fingerprint == data.fingerprint
            assert held.x.shape[1] == prepared.features
            own_units.append(held.y.astype(np.float64) * prepared.target_scale + prepared.target_mean)
    np.testing.assert_allclose(own_units, np.broadcast_to(own_units[0], (6, len(own_units[0]))), rtol=1e-5)
    assert not np.array_equal(of_members[0][0].x, of_members[0][1].x)


def test_without_folds_there_is_one_member_and_its_rows_are_the_held_out_ones():
    settings = DataSettings(builtin="wine")
    [[member]] = held_out_of_members(settings, seed=5, root=Path())
    np.testing.assert_array_equal(member.x, held_out(settings, seed=5, root=Path()).x)


def test_folds_that_know_fewer_levels_are_as_wide_as_the_others(tmp_path):
    levels = ["a", "b", "c", "d"] * 12 + ["e"] * 3
    rows = "".join(f"{level},{index % 7},{index % 2}\n" for index, level in enumerate(levels))
    (tmp_path / "table.csv").write_text("level,number,label\n" + rows, encoding="utf-8")
    settings, form = DataSettings(path="table.csv", target="label", folds=4), Preprocessing(rare=1)
    data = prepare(settings, seed=1, root=tmp_path, forms={"main": form})
    [members] = held_out_of_members(settings, seed=1, root=tmp_path, form=form)
    assert {member.x.shape[1] for member in members} == {data.first.features}


def test_a_study_that_keeps_nothing_back_has_no_held_out_rows():
    with pytest.raises(DataError, match="test is 0, so no test rows were kept back"):
        held_out(DataSettings(builtin="wine", test=0.0), seed=1, root=Path())


def test_nothing_in_a_search_imports_the_test_rows():
    package = Path(tuner.__file__).parent
    for room in ("data", "models", "lanes", "training", "search"):
        for file in (package / room).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                assert not (isinstance(node, ast.ImportFrom) and node.module == "tuner.data.held_out"), file
