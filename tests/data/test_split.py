import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.data.split import split_rows
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


def test_a_class_too_small_is_named_with_its_rows_and_what_would_do(make_table):
    with pytest.raises(DataError) as caught:
        split_rows(make_table((30, 1, 2)), validation=0.2, test=0.2, seed=0)
    assert str(caught.value) == (
        'table: class "c1" has 1 row, class "c2" has 2 rows, but each class needs at least 3: one each for training, '
        "validation and test. Add rows, merge or remove such classes, "
        'or state task = "regression" if the target is a quantity.'
    )


def test_two_rows_of_a_class_are_enough_without_a_test_and_the_error_says_so(make_table):
    table = make_table((30, 2))
    with pytest.raises(DataError, match="set test = 0"):
        split_rows(table, validation=0.2, test=0.2, seed=0)
    split = split_rows(table, validation=0.2, test=0.0, seed=0)
    assert (table.y[split.train] == 1).sum() == (table.y[split.validation] == 1).sum() == 1


def test_many_small_classes_are_counted_and_not_all_named(make_table):
    with pytest.raises(DataError, match="7 more classes have as few"):
        split_rows(make_table((1,) * 10), validation=0.2, test=0.2, seed=0)


def test_a_regression_with_too_few_rows_is_refused(make_table):
    with pytest.raises(DataError, match="has 2 rows, but needs at least 3"):
        split_rows(make_table(rows=2), validation=0.2, test=0.2, seed=0)


def test_many_small_classes_do_not_empty_a_large_class_of_its_share(make_table):
    table = make_table((*(3,) * 50, 100))
    split = split_rows(table, validation=0.2, test=0.2, seed=0)
    assert (table.y[split.validation] == 50).sum() in (19, 20)
    assert (table.y[split.test] == 50).sum() in (19, 20)
