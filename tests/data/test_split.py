from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.data.split import split_rows
from tuner.data.table import TEST, TRAIN, VALIDATION
from tuner.errors import DataError

SHARES = st.tuples(st.floats(0.05, 0.6), st.sampled_from([0.0, 0.05, 0.2, 0.35]))


@given(
    counts=st.lists(st.integers(3, 40), min_size=2, max_size=12).map(tuple),
    shares=SHARES,
    seed=st.integers(0, 2**31 - 1),
)
def test_every_row_is_in_exactly_one_part_and_every_class_in_every_part(make_table, counts, shares, seed):
    table = make_table(counts)
    split = split_rows(table, validation=shares[0], test=shares[1], seed=seed)
    together = np.concatenate([split.train, split.validation, split.test])
    assert sorted(together.tolist()) == list(range(table.rows))
    for part in (split.train, split.validation, *([split.test] if shares[1] else [])):
        assert set(table.y[part]) == set(range(len(counts)))
        assert part.dtype == np.int64
        assert (np.diff(part) > 0).all()
    if not shares[1]:
        assert len(split.test) == 0


@given(counts=st.lists(st.integers(50, 300), min_size=2, max_size=12).map(tuple), shares=SHARES)
def test_each_class_has_its_share_within_a_row_and_so_has_the_whole(make_table, counts, shares):
    table = make_table(counts)
    split = split_rows(table, validation=shares[0], test=shares[1], seed=1)
    for part, share in ((split.validation, shares[0]), (split.test, shares[1])):
        assert np.abs(np.bincount(table.y[part], minlength=len(counts)) - share * np.array(counts)).max() <= 1.01
        assert abs(len(part) - share * table.rows) <= 0.51


@given(rows=st.integers(3, 200), shares=SHARES)
def test_a_regression_has_its_shares_and_no_empty_part(make_table, rows, shares):
    split = split_rows(make_table(rows=rows), validation=shares[0], test=shares[1], seed=1)
    assert len(split.train) + len(split.validation) + len(split.test) == rows
    assert min(len(split.train), len(split.validation)) >= 1
    assert bool(len(split.test)) == bool(shares[1])


def test_the_same_seed_gives_the_same_split_and_another_seed_another(make_table):
    table = make_table((30, 30))
    one, same, other = (split_rows(table, validation=0.2, test=0.2, seed=seed) for seed in (5, 5, 6))
    assert (one.train == same.train).all()
    assert (one.test == same.test).all()
    assert (one.test != other.test).any()


def test_a_split_is_the_same_on_every_platform_and_for_good(make_table):
    split = split_rows(make_table(rows=10), validation=0.2, test=0.2, seed=20)
    assert split.train.tolist() == [0, 1, 2, 5, 7, 8]
    assert split.validation.tolist() == [6, 9]
    assert split.test.tolist() == [3, 4]


def test_a_class_with_too_few_rows_is_for_training_first_and_then_for_validation(make_table):
    table = make_table((30, 1, 2))
    split = split_rows(table, validation=0.2, test=0.2, seed=0)
    counts = [np.bincount(table.y[part], minlength=3).tolist() for part in (split.train, split.validation, split.test)]
    assert [count[1:] for count in counts] == [[1, 1], [0, 1], [0, 0]]
    (note,) = split.notes
    assert note.startswith('table: too few rows of class "c1", "c2" for every part; what there is goes to training')


def test_enough_rows_of_every_class_are_nothing_to_note(make_table):
    assert split_rows(make_table((3, 3)), validation=0.2, test=0.2, seed=0).notes == ()


def test_many_small_classes_are_counted_and_not_all_named(make_table):
    (note,) = split_rows(make_table((30, *(1,) * 10)), validation=0.2, test=0.2, seed=0).notes
    assert '"c1", "c2", "c3" and 7 more' in note


def test_classes_of_single_rows_leave_nothing_to_validate_on_and_the_error_says_what_would_do(make_table):
    with pytest.raises(DataError, match=r"no row is left for validation: 10 rows of 10 classes.*regression"):
        split_rows(make_table((1,) * 10), validation=0.2, test=0.2, seed=0)


def test_a_regression_with_too_few_rows_is_refused(make_table):
    with pytest.raises(DataError, match="has 2 rows, but needs at least 3"):
        split_rows(make_table(rows=2), validation=0.2, test=0.2, seed=0)


def test_many_small_classes_do_not_empty_a_large_class_of_its_share(make_table):
    table = make_table((*(3,) * 50, 100))
    split = split_rows(table, validation=0.2, test=0.2, seed=0)
    assert (table.y[split.validation] == 50).sum() in (19, 20)
    assert (table.y[split.test] == 50).sum() in (19, 20)


@given(sizes=st.lists(st.integers(1, 30), min_size=3, max_size=20), seed=st.integers(0, 99))
def test_the_rows_of_a_group_stay_together_and_every_part_has_some(make_table, sizes, seed):
    groups = np.repeat(np.arange(len(sizes)), sizes).astype(np.int64)
    table = replace(make_table(rows=len(groups)), groups=groups)
    split = split_rows(table, validation=0.2, test=0.2, seed=seed)
    parts = [set(groups[part].tolist()) for part in (split.train, split.validation, split.test)]
    assert all(parts)
    assert sum(map(len, parts)) == len(sizes)
    assert len(split.train) + len(split.validation) + len(split.test) == len(groups)


def test_many_groups_come_to_the_shares(make_table):
    table = replace(make_table(rows=1000), groups=np.arange(1000) // 5)
    split = split_rows(table, validation=0.2, test=0.3, seed=1)
    assert (len(split.validation), len(split.test)) == (200, 300)


@given(moments=st.lists(st.integers(0, 40), min_size=3, max_size=80).filter(lambda all: len(set(all)) > 2))
def test_by_time_every_part_is_later_than_the_one_before(make_table, moments):
    times = np.array(moments, np.float64)
    table = replace(make_table(rows=len(times)), times=times)
    split = split_rows(table, validation=0.2, test=0.2, seed=0)
    assert times[split.train].max() < times[split.validation].min()
    assert times[split.validation].max() < times[split.test].min()


def test_by_time_the_latest_rows_are_for_the_test(make_table):
    table = replace(make_table(rows=10), times=np.arange(10.0)[::-1].copy())
    split = split_rows(table, validation=0.2, test=0.3, seed=0)
    assert (split.test.tolist(), split.validation.tolist()) == ([0, 1, 2], [3, 4])
    assert split_rows(table, validation=0.2, test=0.0, seed=0).test.tolist() == []


@pytest.mark.parametrize(
    ("roles", "message"),
    [({"groups": np.arange(50) % 2}, "2 different groups"), ({"times": np.arange(50.0) % 2}, "2 different moments")],
)
def test_too_few_groups_or_moments_are_refused(make_table, roles, message):
    with pytest.raises(DataError, match=message):
        split_rows(replace(make_table(rows=50), **roles), validation=0.2, test=0.2, seed=0)


def test_rows_of_files_of_their_own_stay_in_their_part(make_table):
    fixed = np.repeat(np.array([TRAIN, VALIDATION, TEST], np.int8), [30, 5, 15])
    table = replace(make_table(rows=50), fixed=fixed)
    split = split_rows(table, validation=0.0, test=0.0, seed=0)
    assert split.train.tolist() == list(range(30))
    assert split.validation.tolist() == list(range(30, 35))
    assert split.test.tolist() == list(range(35, 50))
    shared = split_rows(replace(table, fixed=np.where(fixed == TEST, fixed, TRAIN)), validation=0.2, test=0.0, seed=0)
    assert (len(shared.train), len(shared.validation), shared.test.tolist()) == (28, 7, list(range(35, 50)))


def test_named_rows_are_for_what_they_are_named_for(make_table):
    named = np.array([3, 7], np.int64)
    split = split_rows(make_table(rows=50), validation=0.2, test=0.0, seed=0, test_rows=named)
    assert split.test.tolist() == [3, 7]
    assert len(split.validation) == 10
