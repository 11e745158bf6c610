from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.data.folds import fold_rows
from tuner.data.split import split_rows
from tuner.errors import DataError


def folds_of(table, folds, *, test=0.2, seed=0):
    split = split_rows(table, validation=0.0, test=test, seed=1)
    return split, fold_rows(table, split, folds, seed=seed)


@given(
    counts=st.lists(st.integers(2, 40), min_size=2, max_size=8).map(tuple),
    folds=st.integers(2, 6),
    seed=st.integers(0, 9),
)
def test_every_row_that_is_not_for_the_test_is_validated_on_once(make_table, counts, folds, seed):
    table = make_table((30, *counts))
    split, each = folds_of(table, folds, seed=seed)
    validated = np.concatenate([fold.validation for fold in each])
    alone = [row for row in split.train if (table.y[split.train] == table.y[row]).sum() == 1]
    assert sorted([*validated.tolist(), *alone]) == split.train.tolist()
    for fold in each:
        assert sorted([*fold.train.tolist(), *fold.validation.tolist()]) == split.train.tolist()
        assert (fold.test == split.test).all()
        # A class that is validated on was trained on.
        assert set(table.y[fold.validation]) <= set(table.y[fold.train])


def test_folds_have_the_same_size_and_the_same_classes_within_one_row(make_table):
    table = make_table((101, 52, 30))
    _, each = folds_of(table, 5)
    counts = np.array([np.bincount(table.y[fold.validation], minlength=3) for fold in each])
    assert np.ptp(counts, axis=0).max() <= 1
    assert np.ptp(counts.sum(axis=1)) <= 1


def test_a_class_of_fewer_rows_than_folds_is_in_as_many_folds_as_it_has_rows(make_table):
    table = make_table((40, 3))
    _, each = folds_of(table, 5, test=0.0)
    assert sorted(int((table.y[fold.validation] == 1).sum()) for fold in each) == [0, 0, 1, 1, 1]


def test_a_class_of_a_single_row_is_always_trained_on(make_table):
    table = make_table((40, 1))
    _, each = folds_of(table, 5, test=0.0)
    assert all((table.y[fold.train] == 1).sum() == 1 for fold in each)


def test_the_same_seed_gives_the_same_folds_and_another_seed_others(make_table):
    table = make_table(rows=60)
    one, same, other = (folds_of(table, 3, seed=seed)[1] for seed in (5, 5, 6))
    assert (one[0].validation == same[0].validation).all()
    assert (one[0].validation != other[0].validation).any()


def test_groups_stay_together_and_folds_are_of_similar_size(make_table):
    groups = np.repeat(np.arange(40), np.arange(1, 41)).astype(np.int64)
    table = replace(make_table(rows=len(groups)), groups=groups)
    _, each = folds_of(table, 4)
    for fold in each:
        assert not set(groups[fold.train]) & set(groups[fold.validation])
    sizes = [len(fold.validation) for fold in each]
    assert max(sizes) - min(sizes) <= 40


@given(moments=st.lists(st.integers(0, 30), min_size=8, max_size=60), folds=st.integers(2, 4))
def test_by_time_each_fold_is_validated_on_what_is_later(make_table, moments, folds):
    times = np.array(moments, np.float64)
    table = replace(make_table(rows=len(times)), times=times)
    if len(set(moments)) <= folds:
        return
    _, each = folds_of(table, folds, test=0.0)
    for fold in each:
        assert times[fold.train].max() < times[fold.validation].min()
    assert len(np.concatenate([fold.validation for fold in each])) < len(times)


@pytest.mark.parametrize(
    ("roles", "message"),
    [
        ({"groups": np.arange(50) % 3}, "3 different groups, too few for 5 folds"),
        ({"times": np.arange(50.0) % 4}, "4 different moments, too few for 5 folds"),
    ],
)
def test_too_few_groups_or_moments_for_the_folds_are_refused(make_table, roles, message):
    table = replace(make_table(rows=50), **roles)
    with pytest.raises(DataError, match=message):
        folds_of(table, 5, test=0.0)


def test_too_few_rows_for_the_folds_are_refused(make_table):
    with pytest.raises(DataError, match="4 rows are too few for 5 folds"):
        folds_of(make_table(rows=4), 5, test=0.0)
