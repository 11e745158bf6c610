"""Nothing of validation or test rows reaches what a network is trained on, from the columns of a file to the arrays."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.data.frame import Frame, Part
from tuner.data.parts import parts_of
from tuner.data.prepare_table import prepare_table
from tuner.data.understand import table_of
from tuner.hyperparameters.preprocessing import Preprocessing
from tuner.study.data_settings import DataSettings

ROWS = 60
FORMS = st.builds(
    Preprocessing,
    scaler=st.sampled_from(["standard", "robust", "quantile", "minmax", "none"]),
    imputer=st.sampled_from(["median", "mean"]),
    categories=st.sampled_from(["onehot", "ordinal"]),
    rare=st.integers(1, 8),
    most_levels=st.integers(2, 6),
)
SPLITS = st.sampled_from([{}, {"folds": 3}, {"folds": 2, "repeats": 2}, {"validation": 0.4}, {"test": 0.0}])


def columns(seed: int) -> dict[str, pd.Series]:
    draw = np.random.RandomState(seed)
    return {
        "number": pd.Series(draw.normal(5, 3, ROWS)),
        "gaps": pd.Series(np.where(draw.rand(ROWS) < 0.2, np.nan, draw.normal(100, 20, ROWS))),
        "town": pd.Series(pd.Categorical(draw.choice(["Bonn", "Köln", "Ulm", None], ROWS, p=[0.5, 0.3, 0.1, 0.1]))),
        "day": pd.Series(np.datetime64("2020-01-01", "s") + draw.randint(0, 10**8, ROWS).astype("timedelta64[s]")),
        "y": pd.Series(pd.Categorical(draw.choice(["no", "yes"], ROWS))),
    }


def other(name: str, cells: pd.Series, rows: np.ndarray, poison: float) -> pd.Series:
    """The same column with other values in some rows: far away, of a level that is new, or missing."""
    if name == "town":
        texts = cells.astype(object)
        texts[rows] = "Aachen"
        return pd.Series(pd.Categorical(texts))
    changed = cells.copy()
    changed[rows[::2]] = pd.Timestamp("2060-05-05 12:34:56") if name == "day" else poison
    changed[rows[1::2]] = pd.NaT if name == "day" else np.nan
    return changed


def prepared(cells: dict[str, pd.Series], stated: DataSettings, form: Preprocessing, seed: int):
    frame = Frame("t.csv", cells, [Part("t.csv", ROWS, 2)])
    table = table_of(frame, stated)
    return table, prepare_table(table, stated, seed=seed, forms={"main": form})


@pytest.mark.parametrize("changed", ["number", "gaps", "town", "day"])
@settings(max_examples=12)
@given(seed=st.integers(0, 999), form=FORMS, split=SPLITS, poison=st.floats(1e3, 1e30))
def test_other_rows_change_nothing_of_what_is_trained_on(changed, seed, form, split, poison):
    stated = DataSettings(path="t.csv", target="y", **split)
    cells = columns(seed)
    table, clean = prepared(cells, stated, form, seed)
    parts = parts_of(table, stated, seed=seed, root=None)
    for repeat, folds in enumerate(parts.splits):
        for fold, part in enumerate(folds):
            held = np.concatenate([part.validation, part.test])
            poisoned = {**cells, changed: other(changed, cells[changed], held, poison)}
            _, dirty = prepared(poisoned, stated, form, seed)
            mine, its = (each.forms["main"][repeat][fold] for each in (clean, dirty))
            width = min(mine.features, its.features)
            # Where another fold knows more levels than this one, columns of zeros make the networks alike.
            assert not mine.x_train[:, width:].any()
            assert not its.x_train[:, width:].any()
            np.testing.assert_array_equal(mine.x_train[:, :width], its.x_train[:, :width])
            np.testing.assert_array_equal(mine.y_train, its.y_train)
            assert (mine.x_validation[:, :width] != its.x_validation[:, :width]).any() or not len(held)


@settings(max_examples=12)
@given(seed=st.integers(0, 999), form=FORMS, split=SPLITS.filter(lambda split: "test" not in split))
def test_test_rows_change_nothing_that_a_search_sees(seed, form, split):
    stated = DataSettings(path="t.csv", target="y", **split)
    cells = columns(seed)
    table, clean = prepared(cells, stated, form, seed)
    held = parts_of(table, stated, seed=seed, root=None).split.test
    poisoned = {name: column if name == "y" else other(name, column, held, 1e20) for name, column in cells.items()}
    _, dirty = prepared(poisoned, stated, form, seed)
    assert clean.fingerprint != dirty.fingerprint
    for mine, its in zip(clean.forms["main"], dirty.forms["main"], strict=True):
        for one, same in zip(mine, its, strict=True):
            for name in ("x_train", "y_train", "x_validation", "y_validation"):
                np.testing.assert_array_equal(getattr(one, name), getattr(same, name))
