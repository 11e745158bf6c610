import ast
from pathlib import Path

import numpy as np
import pytest

import tuner
from tuner.data.held_out import held_out, held_out_table
from tuner.data.prepare import prepare, prepare_table
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


def test_a_study_that_keeps_nothing_back_has_no_held_out_rows():
    with pytest.raises(DataError, match="test is 0, so no test rows were kept back"):
        held_out(DataSettings(builtin="wine", test=0.0), seed=1, root=Path())


def test_nothing_in_a_search_imports_the_test_rows():
    package = Path(tuner.__file__).parent
    for room in ("data", "models", "lanes", "training", "search"):
        for file in (package / room).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                assert not (isinstance(node, ast.ImportFrom) and node.module == "tuner.data.held_out"), file
