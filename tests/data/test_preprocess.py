from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.data.preprocess import fit_preprocessing
from tuner.data.table import Feature, Table
from tuner.errors import DataError
from tuner.hyperparameters.preprocessing import Preprocessing

TRAIN, REST = np.arange(30), np.arange(30, 50)


def fit(table, rows=TRAIN, **settings):
    return fit_preprocessing(table, rows, Preprocessing(**settings))[0]


def transformed(table, rows, part, **settings):
    fitted = fit(table, **settings)
    return fitted.inputs_of(table, rows, part), fitted.targets_of(table, rows, part)


def test_training_rows_come_out_with_mean_0_and_deviation_1(make_table):
    table = make_table(rows=50)
    x, y = transformed(table, TRAIN, "training")
    assert (x.dtype, y.dtype) == (np.float32, np.float32)
    for values in (x, y):
        np.testing.assert_allclose(values.mean(axis=0), 0, atol=1e-6)
        np.testing.assert_allclose(values.std(axis=0), 1, atol=1e-6)


def test_other_rows_are_scaled_by_what_the_training_rows_taught(make_table):
    table = make_table(rows=50)
    fitted = fit(table)
    x, y = fitted.inputs_of(table, REST, "validation"), fitted.targets_of(table, REST, "validation")
    mean, deviation = table.x[TRAIN].mean(axis=0), table.x[TRAIN].std(axis=0)
    np.testing.assert_allclose(x, (table.x[REST] - mean) / deviation, rtol=1e-5)
    np.testing.assert_allclose(y * fitted.target_scale[0] + fitted.target_mean[0], table.y[REST], rtol=1e-5)


def test_scaler_never_sees_a_row_that_is_not_for_training(make_table):
    table = make_table(rows=50)
    poisoned = replace(table, x=table.x.copy(), y=table.y.copy())
    poisoned.x[REST] = 1e300
    poisoned.y[REST] = -1e300
    clean = transformed(table, TRAIN, "training")
    same = transformed(poisoned, TRAIN, "training")
    np.testing.assert_array_equal(clean[0], same[0])
    np.testing.assert_array_equal(clean[1], same[1])


def test_a_column_that_is_constant_in_training_is_shifted_and_not_stretched(make_table):
    table = make_table((25, 25))
    table.x[:, 1] = 7.0
    table.x[40, 1] = 9.0
    fitted = fit(table)
    assert (fitted.inputs_of(table, TRAIN, "training")[:, 1] == 0).all()
    assert fitted.inputs_of(table, REST, "validation")[10, 1] == 2.0


def test_without_a_scaler_features_stay_and_the_target_is_still_scaled(make_table):
    table = make_table(rows=50)
    x, y = transformed(table, TRAIN, "training", scaler="none")
    np.testing.assert_array_equal(x, table.x[TRAIN].astype(np.float32))
    assert abs(float(y.mean())) < 1e-6


def test_class_numbers_pass_through_as_int32(make_table):
    table = make_table((25, 25))
    fitted = fit(table)
    y = fitted.targets_of(table, REST, "validation")
    assert y.dtype == np.int32
    assert (y == table.y[REST]).all()
    assert (fitted.target_mean, fitted.target_scale) == ((0.0,), (1.0,))


@pytest.mark.parametrize("scaler", ["standard", "none"])
@pytest.mark.parametrize(("row", "part"), [(3, "training"), (40, "validation")])
def test_a_number_beyond_float32_is_refused_with_its_column(make_table, scaler, row, part):
    table = make_table((25, 25))
    table.x[row, 2] = 1e300
    with pytest.raises(
        DataError,
        match=f'column "f2" has numbers in the {part} rows that are too large.*the first in table: row {row + 1}',
    ):
        transformed(table, np.array([row]), part, scaler=scaler)


@pytest.mark.parametrize("row", [3, 40])
def test_a_target_beyond_float32_is_refused(make_table, row):
    table = make_table(rows=50)
    table.y[row] = 1e300
    with pytest.raises(DataError, match="the target has numbers"):
        transformed(table, REST, "validation")


def test_a_target_that_is_constant_in_training_is_refused(make_table):
    table = make_table(rows=50)
    table.y[TRAIN] = 0.1
    with pytest.raises(DataError, match=r"target is 0\.1 in every training row"):
        fit(table)


def mixed(rows=60, seed=0):
    """A number, a number with gaps, a category with a rare and an unseen level, an ordinal and a date."""
    random = np.random.default_rng(seed)
    x = np.column_stack([
        random.normal(5, 3, rows),
        np.where(np.arange(rows) % 4 == 0, np.nan, random.normal(100, 7, rows)),
        np.arange(rows) % 2,
        np.arange(rows) % 3,
        random.integers(0, 4000, rows),
    ])  # fmt: skip
    x[5, 2] = 2.0  # once in training
    x[rows - 1, 2] = 3.0  # never in training
    x[rows - 2, 2] = np.nan
    features = (
        Feature("n"),
        Feature("gaps"),
        Feature("c", "category", ("a", "b", "rare", "unseen")),
        Feature("o", "ordinal", ("s", "m", "l")),
        Feature("d", "date"),
    )
    return Table("t.csv", x, np.arange(rows) % 2, features, "binary", ("no", "yes"))


def named(fitted, table, rows):
    return dict(zip(fitted.inputs, fitted.inputs_of(table, rows, "validation").T, strict=True))


def test_a_missing_number_becomes_the_median_and_a_column_says_where():
    table = mixed()
    told = named(fit(table), table, TRAIN)
    gone = np.isnan(table.x[TRAIN, 1])
    scaled = table.x[TRAIN, 1][~gone]
    scaled = (scaled - scaled.mean()) / scaled.std()
    np.testing.assert_allclose(told["gaps"][~gone], scaled, rtol=1e-5)
    np.testing.assert_allclose(told["gaps"][gone], np.median(scaled), rtol=1e-5)
    assert (told["missingindicator_gaps"] == gone).all()


@pytest.mark.parametrize(
    ("scaler", "typical"), [("standard", 0.0), ("robust", 0.0), ("quantile", 0.0), ("minmax", 0.5)]
)
def test_a_gap_where_training_had_none_becomes_something_typical(scaler, typical):
    table = mixed()
    table.x[REST[0], 0] = np.nan
    assert named(fit(table, scaler=scaler), table, REST)["n"][0] == typical


def test_each_frequent_level_has_a_column_and_rare_and_unseen_ones_share_one():
    table = mixed()
    fitted = fit(table, rare=2)
    assert [name for name in fitted.inputs if name.startswith("c =")] == ["c = a", "c = b", "c = (rare)"]
    told = named(fitted, table, np.array([0, 1, 5, 59]))
    assert told["c = a"].tolist() == [1, 0, 0, 0]
    assert told["c = b"].tolist() == [0, 1, 0, 0]
    assert told["c = (rare)"].tolist() == [0, 0, 1, 1]


def test_a_missing_category_is_a_category_if_training_has_it():
    table = mixed()
    table.x[:10, 2] = np.nan
    told = named(fit(table), table, np.array([0, 59, 58]))
    assert told["c = (missing)"].tolist() == [1, 0, 1]


def test_there_are_no_more_columns_of_a_category_than_stated():
    table = mixed()
    table.x[:, 2] = np.arange(60) % 20
    table = replace(
        table,
        features=(*table.features[:2], Feature("c", "category", tuple("abcdefghijklmnopqrst")), *table.features[3:]),
    )
    assert sum(name.startswith("c =") for name in fit(table, rare=1, most_levels=7).inputs) == 7


def test_ordinal_encoding_takes_one_column():
    table = mixed()
    told = named(fit(table, categories="ordinal"), table, TRAIN)
    assert len(set(np.round(told["c"], 6))) == 3
    assert not any(name.startswith("c =") for name in told)


@pytest.mark.parametrize("scaler", ["standard", "robust", "quantile", "minmax", "none"])
@pytest.mark.parametrize("imputer", ["median", "mean"])
@pytest.mark.parametrize("categories", ["onehot", "ordinal"])
def test_every_way_of_preprocessing_gives_finite_numbers_for_all_rows(scaler, imputer, categories):
    table = mixed()
    table.x[REST, 0] = np.nan
    table.x[:, 1] = np.nan  # nothing known at all
    fitted = fit(table, scaler=scaler, imputer=imputer, categories=categories)
    for rows in (TRAIN, np.arange(30, 60)):
        assert np.isfinite(fitted.inputs_of(table, rows, "validation")).all()


@given(poison=st.floats(1e3, 1e30), column=st.integers(0, 4), form=st.builds(
    Preprocessing,
    scaler=st.sampled_from(["standard", "robust", "quantile", "minmax", "none"]),
    categories=st.sampled_from(["onehot", "ordinal"]),
    rare=st.integers(1, 9),
))  # fmt: skip
def test_no_statistic_of_other_rows_reaches_the_training_inputs(poison, column, form):
    table = mixed()
    other = replace(table, x=table.x.copy(), y=table.y.copy())
    other.x[30:, column] = {2: 3.0, 3: 2.0}.get(column, poison)
    other.y[30:] = 1 - other.y[30:]
    (clean, inputs), (same, others) = (fit_preprocessing(each, TRAIN, form) for each in (table, other))
    assert clean.inputs == same.inputs
    np.testing.assert_array_equal(inputs, others)
    np.testing.assert_array_equal(inputs, clean.inputs_of(table, TRAIN, "training"))
    np.testing.assert_array_equal(others, same.inputs_of(other, TRAIN, "training"))


def test_several_targets_are_scaled_one_by_one(make_table):
    table = make_table(rows=50)
    table = replace(table, y=np.column_stack([table.y, table.y * 1000 + 5]), targets=("a", "b"))
    fitted = fit(table)
    scaled = fitted.targets_of(table, TRAIN, "training")
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(scaled.std(axis=0), 1, atol=1e-5)
    assert fitted.target_scale[1] == pytest.approx(1000 * fitted.target_scale[0])
