from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.data.prepare import prepare
from tuner.data.prepare_table import prepare_table
from tuner.data.split import split_rows
from tuner.errors import DataError
from tuner.hyperparameters.preprocessing import Preprocessing
from tuner.seeds import derive_seed
from tuner.study.data_settings import BUILTIN_TASKS, DataSettings

NONE = {"main": Preprocessing(scaler="none")}
ARRAYS = ("x_train", "y_train", "x_validation", "y_validation")
HUGE = st.floats(allow_nan=False, allow_infinity=False).filter(lambda value: abs(value) > 1e6)


def assert_same_arrays(one, other):
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert (one.target_mean, one.target_scale) == (other.target_mean, other.target_scale)


@pytest.mark.parametrize(
    ("name", "rows", "features", "outputs"),
    [("digits", 1797, 64, 10), ("breast_cancer", 569, 30, 1), ("wine", 178, 13, 3), ("diabetes", 442, 10, 1)],
)
def test_a_bundled_set_is_ready_for_a_network(name, rows, features, outputs):
    data = prepare(DataSettings(builtin=name), seed=20, root=Path("nowhere")).first
    assert data.task == BUILTIN_TASKS[name]
    assert (data.features, data.outputs) == (features, outputs)
    assert len(data.x_train) == pytest.approx(0.6 * rows, abs=2)
    assert len(data.x_validation) == pytest.approx(0.2 * rows, abs=2)
    assert data.x_train.dtype == data.x_validation.dtype == np.float32
    assert data.y_train.dtype == (np.float32 if data.task == "regression" else np.int32)
    np.testing.assert_allclose(data.x_train.mean(axis=0), 0, atol=1e-5)
    # Three of digits' pixels are never inked.
    deviations = data.x_train.std(axis=0)
    assert np.isclose(deviations, 1, atol=1e-5).sum() + (deviations == 0).sum() == features


def test_a_simple_network_learns_the_prepared_digits():
    from sklearn.neural_network import MLPClassifier

    data = prepare(DataSettings(builtin="digits"), seed=20, root=Path()).first
    network = MLPClassifier((128,), random_state=0).fit(data.x_train, data.y_train)
    assert network.score(data.x_validation, data.y_validation) >= 0.97


@given(poison=HUGE, seed=st.integers(0, 2**31 - 1), test=st.sampled_from([0.1, 0.3]), classes=st.booleans())
def test_test_rows_change_nothing_that_training_sees(make_table, poison, seed, test, classes):
    settings = DataSettings(builtin="wine", test=test)
    table = make_table((20, 30)) if classes else make_table(rows=50)
    held = split_rows(table, validation=0.2, test=test, seed=derive_seed(seed, "split")).test
    poisoned = replace(table, x=table.x.copy(), y=table.y.copy())
    poisoned.x[held] = poison
    if not classes:
        poisoned.y[held] = -poison
    clean, other = (prepare_table(each, settings, seed=seed).first for each in (table, poisoned))
    assert_same_arrays(clean, other)
    assert clean.fingerprint != other.fingerprint


@given(poison=st.floats(1e6, 1e30), seed=st.integers(0, 2**31 - 1))
def test_scaler_never_sees_validation_rows(make_table, poison, seed):
    table = make_table(rows=50)
    rows = split_rows(table, validation=0.2, test=0.2, seed=derive_seed(seed, "split")).validation
    poisoned = replace(table, x=table.x.copy(), y=table.y.copy())
    poisoned.x[rows] = poison
    poisoned.y[rows] = poison
    clean, other = (prepare_table(each, DataSettings(builtin="wine"), seed=seed).first for each in (table, poisoned))
    np.testing.assert_array_equal(clean.x_train, other.x_train)
    np.testing.assert_array_equal(clean.y_train, other.y_train)
    assert (clean.x_validation != other.x_validation).all()


def test_no_array_is_a_window_onto_the_whole_table(make_table):
    data = prepare_table(make_table(rows=50), DataSettings(builtin="wine"), seed=1, forms=NONE).first
    for name in ARRAYS:
        array = getattr(data, name)
        assert array.base is None or len(array.base) < 50


def csv_text(rows: int = 40) -> str:
    random = np.random.default_rng(3)
    lines = (f"{random.normal()!r},{random.integers(9)},{'yes' if row % 3 else 'no'}" for row in range(rows))
    return "a,b,label\n" + "\n".join(lines) + "\n"


def test_a_relative_path_starts_at_the_root_and_an_absolute_one_does_not(write_csv, tmp_path):
    path = write_csv(csv_text())
    relative = prepare(DataSettings(path="train.csv", target="label"), seed=1, root=tmp_path).first
    absolute = prepare(DataSettings(path=str(path), target="label"), seed=1, root=Path("nowhere")).first
    assert_same_arrays(relative, absolute)
    assert relative.fingerprint == absolute.fingerprint
    assert (relative.task, relative.classes, relative.outputs) == ("binary", ("no", "yes"), 1)


def test_a_renamed_file_with_other_line_endings_has_the_same_fingerprint(write_csv, tmp_path):
    write_csv(csv_text())
    write_csv(csv_text().replace("\n", "\r\n"), "renamed.csv")
    one, other = (
        prepare(DataSettings(path=name, target="label"), seed=1, root=tmp_path).first
        for name in ("train.csv", "renamed.csv")
    )
    assert one.fingerprint == other.fingerprint


def test_an_error_names_the_path_as_the_person_wrote_it(tmp_path):
    with pytest.raises(DataError) as caught:
        prepare(DataSettings(path="./lost/train.csv", target="label"), seed=1, root=tmp_path)
    assert str(caught.value).startswith("./lost/train.csv: there is no such file")
    assert str(tmp_path) not in str(caught.value)


def test_the_stated_task_is_handed_to_the_reader(write_csv, tmp_path):
    write_csv("a,y\n" + "".join(f"{row},{row % 5}\n" for row in range(30)))
    numbers = prepare(DataSettings(path="train.csv", target="y", task="regression"), seed=1, root=tmp_path).first
    classes = prepare(DataSettings(path="train.csv", target="y"), seed=1, root=tmp_path).first
    assert (numbers.task, classes.task, classes.outputs) == ("regression", "multiclass", 5)


def test_prepare_is_the_same_twice_and_the_seed_changes_the_split():
    settings = DataSettings(builtin="wine")
    one, same, other = (prepare(settings, seed=seed, root=Path()).first for seed in (5, 5, 6))
    assert_same_arrays(one, same)
    assert one.fingerprint == same.fingerprint != other.fingerprint
    assert len(one.fingerprint) == 64


def test_without_test_rows_all_rows_are_used():
    data = prepare(DataSettings(builtin="wine", test=0.0), seed=1, root=Path()).first
    assert len(data.x_train) + len(data.x_validation) == 178
