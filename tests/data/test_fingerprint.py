from dataclasses import replace

import numpy as np
import pytest

from tuner.data.fingerprint import data_fingerprint
from tuner.data.split import Split
from tuner.data.table import Feature, Table

TABLE = Table(
    "train.csv",
    np.arange(8.0).reshape(4, 2),
    np.array([0, 1, 0, 1], np.int32),
    (Feature("a"), Feature("b")),
    "binary",
    ("n", "y"),
)
SPLIT = Split(np.array([0, 1]), np.array([2]), np.array([3]))


def test_a_fingerprint_is_the_same_on_every_platform_and_for_good():
    pinned = "54248b6bb55652dc12959c473c8ec093d97c189280a91cb15b749aead57fac62"
    assert data_fingerprint(TABLE, [SPLIT]) == pinned


def test_the_name_of_the_file_and_the_layout_in_memory_do_not_matter():
    other = replace(TABLE, name="moved.csv", x=np.asfortranarray(TABLE.x), y=TABLE.y.astype(">i4"))
    assert data_fingerprint(other, [SPLIT]) == data_fingerprint(TABLE, [SPLIT])


@pytest.mark.parametrize(
    ("table", "splits"),
    [
        (replace(TABLE, x=TABLE.x + np.eye(4, 2) * 1e-12), [SPLIT]),
        (replace(TABLE, y=TABLE.y[::-1]), [SPLIT]),
        (replace(TABLE, features=(Feature("a"), Feature("c"))), [SPLIT]),
        (replace(TABLE, classes=("n", "x")), [SPLIT]),
        (TABLE, [Split(SPLIT.train, SPLIT.test, SPLIT.validation)]),
        (TABLE, [Split(np.array([0]), np.array([1, 2]), np.array([3]))]),
        (replace(TABLE, features=(Feature("a"), Feature("b", "date"))), [SPLIT]),
        (replace(TABLE, weights=np.ones(4)), [SPLIT]),
        (TABLE, [SPLIT, SPLIT]),
    ],
)
def test_a_fingerprint_depends_on_rows_names_kinds_weights_and_splits(table, splits):
    assert data_fingerprint(table, splits) != data_fingerprint(TABLE, [SPLIT])
