from typing import get_args

import numpy as np
import pytest

from tuner.data.builtin import LOADERS, load_builtin
from tuner.study.data_settings import BUILTIN_TASKS, Builtin


def test_every_bundled_set_has_a_loader_and_a_task():
    assert set(LOADERS) == set(BUILTIN_TASKS) == set(get_args(Builtin))


@pytest.mark.parametrize(
    ("name", "shape", "counts"),
    [
        ("digits", (1797, 64), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]),
        ("breast_cancer", (569, 30), [212, 357]),
        ("wine", (178, 13), [59, 71, 48]),
    ],
)
def test_a_bundled_classification_has_its_known_shape_and_class_counts(name, shape, counts):
    table = load_builtin(name)
    assert table.x.shape == shape
    assert np.bincount(table.y).tolist() == counts
    assert len(table.classes) == len(counts)
    assert table.task == BUILTIN_TASKS[name]
    assert (table.x.dtype, table.y.dtype) == (np.float64, np.int32)


def test_diabetes_comes_unscaled_so_that_no_test_row_has_shaped_it():
    table = load_builtin("diabetes")
    assert table.x.shape == (442, 10)
    assert table.task == "regression"
    assert table.classes == ()
    ages = table.x[:, [feature.name for feature in table.features].index("age")]
    assert (ages.min(), ages.max()) == (19, 79)
    assert (table.y.min(), table.y.max()) == (25, 346)


def test_class_names_keep_the_numbering_of_scikit_learn():
    assert load_builtin("breast_cancer").classes == ("malignant", "benign")
    assert load_builtin("digits").classes == tuple("0123456789")
