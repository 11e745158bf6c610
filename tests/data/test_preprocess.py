from dataclasses import replace

import numpy as np
import pytest

from tuner.data.preprocess import fit_preprocessing
from tuner.errors import DataError

TRAIN, REST = np.arange(30), np.arange(30, 50)


def test_training_rows_come_out_with_mean_0_and_deviation_1(make_table):
    table = make_table(rows=50)
    x, y = fit_preprocessing(table, TRAIN, "standard").transform(table, TRAIN, "training")
    assert (x.dtype, y.dtype) == (np.float32, np.float32)
    for values in (x, y):
        np.testing.assert_allclose(values.mean(axis=0), 0, atol=1e-6)
        np.testing.assert_allclose(values.std(axis=0), 1, atol=1e-6)


def test_other_rows_are_scaled_by_what_the_training_rows_taught(make_table):
    table = make_table(rows=50)
    fitted = fit_preprocessing(table, TRAIN, "standard")
    x, y = fitted.transform(table, REST, "validation")
    mean, deviation = table.x[TRAIN].mean(axis=0), table.x[TRAIN].std(axis=0)
    np.testing.assert_allclose(x, (table.x[REST] - mean) / deviation, rtol=1e-5)
    np.testing.assert_allclose(y * fitted.target_scale + fitted.target_mean, table.y[REST], rtol=1e-5)


def test_scaler_never_sees_a_row_that_is_not_for_training(make_table):
    table = make_table(rows=50)
    poisoned = replace(table, x=table.x.copy(), y=table.y.copy())
    poisoned.x[REST] = 1e300
    poisoned.y[REST] = -1e300
    clean = fit_preprocessing(table, TRAIN, "standard").transform(table, TRAIN, "training")
    same = fit_preprocessing(poisoned, TRAIN, "standard").transform(poisoned, TRAIN, "training")
    np.testing.assert_array_equal(clean[0], same[0])
    np.testing.assert_array_equal(clean[1], same[1])


def test_a_column_that_is_constant_in_training_is_shifted_and_not_stretched(make_table):
    table = make_table((25, 25))
    table.x[:, 1] = 7.0
    table.x[40, 1] = 9.0
    fitted = fit_preprocessing(table, TRAIN, "standard")
    assert (fitted.transform(table, TRAIN, "training")[0][:, 1] == 0).all()
    assert fitted.transform(table, REST, "validation")[0][10, 1] == 2.0


def test_without_a_scaler_features_stay_and_the_target_is_still_scaled(make_table):
    table = make_table(rows=50)
    x, y = fit_preprocessing(table, TRAIN, "none").transform(table, TRAIN, "training")
    np.testing.assert_array_equal(x, table.x[TRAIN].astype(np.float32))
    assert abs(float(y.mean())) < 1e-6


def test_class_numbers_pass_through_as_int32(make_table):
    table = make_table((25, 25))
    fitted = fit_preprocessing(table, TRAIN, "standard")
    _, y = fitted.transform(table, REST, "validation")
    assert y.dtype == np.int32
    assert (y == table.y[REST]).all()
    assert (fitted.target_mean, fitted.target_scale) == (0.0, 1.0)


@pytest.mark.parametrize("scaler", ["standard", "none"])
@pytest.mark.parametrize(("row", "part"), [(3, "training"), (40, "validation")])
def test_a_number_beyond_float32_is_refused_with_its_column(make_table, scaler, row, part):
    table = make_table((25, 25))
    table.x[row, 2] = 1e300
    with pytest.raises(DataError, match=f'column "f2" has numbers in the {part} rows that are too large'):
        fit_preprocessing(table, TRAIN, scaler).transform(table, np.array([row]), part)


@pytest.mark.parametrize("row", [3, 40])
def test_a_target_beyond_float32_is_refused(make_table, row):
    table = make_table(rows=50)
    table.y[row] = 1e300
    with pytest.raises(DataError, match="the target has numbers"):
        fit_preprocessing(table, TRAIN, "standard").transform(table, REST, "validation")


def test_a_target_that_is_constant_in_training_is_refused(make_table):
    table = make_table(rows=50)
    table.y[TRAIN] = 0.1
    with pytest.raises(DataError, match=r"target is 0\.1 in every training row"):
        fit_preprocessing(table, TRAIN, "standard")
