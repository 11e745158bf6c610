from dataclasses import replace

import numpy as np
import pytest

from tuner.data.fingerprint import data_fingerprint
from tuner.data.split import Split
from tuner.data.table import Table

TABLE = Table(
    "train.csv", np.arange(8.0).reshape(4, 2), np.array([0, 1, 0, 1], np.int32), ("a", "b"), "binary", ("n", "y")
)
SPLIT = Split(np.array([0, 1]), np.array([2]), np.array([3]))


def test_a_fingerprint_is_the_same_on_every_platform_and_for_good():
    pinned = "3f3236f95eb1bc051559ae15c46d86e3e65ad05a8e6281c033c15c0d46b2998f"
    assert data_fingerprint(TABLE, SPLIT, "standard") == pinned


def test_the_name_of_the_file_and_the_layout_in_memory_do_not_matter():
    other = replace(TABLE, name="moved.csv", x=np.asfortranarray(TABLE.x), y=TABLE.y.astype(">i4"))
    assert data_fingerprint(other, SPLIT, "standard") == data_fingerprint(TABLE, SPLIT, "standard")


@pytest.mark.parametrize(
    ("table", "split", "scaler"),
    [
        (replace(TABLE, x=TABLE.x + np.eye(4, 2) * 1e-12), SPLIT, "standard"),
        (replace(TABLE, y=TABLE.y[::-1]), SPLIT, "standard"),
        (replace(TABLE, features=("a", "c")), SPLIT, "standard"),
        (replace(TABLE, classes=("n", "x")), SPLIT, "standard"),
        (TABLE, Split(SPLIT.train, SPLIT.test, SPLIT.validation), "standard"),
        (TABLE, Split(np.array([0]), np.array([1, 2]), np.array([3])), "standard"),
        (TABLE, SPLIT, "none"),
    ],
)
def test_a_fingerprint_depends_on_rows_names_split_and_scaler(table, split, scaler):
    assert data_fingerprint(table, split, scaler) != data_fingerprint(TABLE, SPLIT, "standard")
