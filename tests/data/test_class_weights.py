from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from tests.contracts.small_tables import prepared
from tuner.data.class_weights import balanced_row_weights, balanced_weights


def test_the_weights_are_those_of_scikit_learn() -> None:
    y = np.random.default_rng(2).choice(4, 50, p=[0.6, 0.3, 0.06, 0.04]).astype(np.int32)
    expected = compute_class_weight("balanced", classes=np.arange(4), y=y)
    np.testing.assert_allclose(balanced_weights(y, 4), expected, rtol=1e-6)


def test_a_class_that_no_training_row_has_weighs_nothing_and_the_others_as_if_there_were_no_such_class() -> None:
    y = np.array([0, 0, 0, 2])
    assert balanced_weights(y, 4).tolist() == pytest.approx([2 / 3, 0, 2, 0])


def test_rows_weigh_what_their_classes_do_and_validation_rows_count_for_nothing() -> None:
    data = prepared("binary")
    weights = balanced_row_weights(data)
    assert weights.dtype == np.float32
    for number in (0, 1):
        assert weights[data.y_train == number].sum() == pytest.approx(len(data.y_train) / 2, rel=1e-6)
    np.testing.assert_array_equal(balanced_row_weights(replace(data, y_validation=0 * data.y_validation)), weights)
