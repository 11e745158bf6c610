from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, root_mean_squared_error

from tuner.models import metrics_for

DRAW = np.random.default_rng(4)
SCALES = (0.01, 1.0, 500.0)
TRUTH, PREDICTED = DRAW.normal(size=(2, 50, 3)).astype(np.float32)
WEIGHTS = (DRAW.uniform(0, 2, 50) * (DRAW.random(50) > 0.3)).astype(np.float32)

BY_SKLEARN = {"rmse": root_mean_squared_error, "mae": mean_absolute_error}


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["alike", "weighted"])
def test_errors_of_several_targets_are_those_of_scikit_learn_in_each_targets_unit(
    weights: np.ndarray | None,
) -> None:
    for metric in metrics_for("regression", SCALES):
        for rows in (slice(20), slice(20, 50)):
            own = () if weights is None else (weights[rows],)
            metric.update_state(TRUTH[rows], PREDICTED[rows], *own)
        expected = BY_SKLEARN[metric.name](TRUTH * SCALES, PREDICTED * SCALES, sample_weight=weights)
        assert float(metric.result()) == pytest.approx(expected, rel=1e-6)


def test_each_metric_begins_anew_after_a_reset_and_is_0_before_a_row_counts() -> None:
    for metric in metrics_for("regression", SCALES):
        metric.update_state(TRUTH, PREDICTED)
        assert float(metric.result()) > 0
        metric.reset_state()
        metric.update_state(TRUTH, PREDICTED, np.zeros(50))
        assert float(metric.result()) == 0


def test_a_single_target_has_the_metrics_of_keras() -> None:
    for scales in ((), (3.0,)):
        assert {type(metric).__module__.split(".")[0] for metric in metrics_for("regression", scales)} == {"keras"}
