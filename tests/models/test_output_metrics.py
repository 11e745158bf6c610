"""Metrics out of all outputs, beside scikit-learn's on the same predictions."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    average_precision_score,
    balanced_accuracy_score,
    f1_score,
    r2_score,
    roc_auc_score,
)

from tuner.models import output_metrics as room
from tuner.models.output_metrics import output_metrics

DECISIONS = ("balanced_accuracy", "macro_f1")
AREAS = ("roc_auc", "pr_auc")

weighted = st.booleans()
seeds = st.integers(0, 2**32 - 1)


def drawn(seed: int, *, classes: int, rows: int, levels: int, absent: bool = False, weigh: bool = False) -> Any:
    """Three networks' probabilities of few different values, so that there are ties, with targets and weights."""
    draw = np.random.default_rng(seed)
    columns = 1 if classes == 2 else classes
    outputs = draw.integers(0, levels, (3, rows, columns)) / levels
    if columns > 1:
        outputs = (outputs + 0.01) / (outputs + 0.01).sum(axis=2, keepdims=True)
    y = draw.integers(1 if absent else 0, classes, rows)
    if not absent:
        y[:classes] = range(classes)
    weights = draw.integers(0, 4, rows) * draw.random(rows) if weigh else None
    if weights is not None:
        weights[:classes] += 0.5
        weights = weights.astype(np.float32)
    return outputs.astype(np.float32), y.astype(np.int32), weights


def decisions_of_sklearn(outputs: Any, y: Any, weights: Any) -> Mapping[str, list[float]]:
    predicted = [(each[:, 0] > 0.5).astype(int) if each.shape[1] == 1 else each.argmax(axis=1) for each in outputs]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {
            "balanced_accuracy": [balanced_accuracy_score(y, each, sample_weight=weights) for each in predicted],
            "macro_f1": [f1_score(y, each, average="macro", sample_weight=weights) for each in predicted],
        }


def areas_of_sklearn(outputs: Any, y: Any, weights: Any) -> Mapping[str, list[float]]:
    scores = [each[:, 0] if each.shape[1] == 1 else each for each in outputs]
    return {
        "roc_auc": [roc_auc_score(y, each, multi_class="ovr", sample_weight=weights) for each in scores],
        "pr_auc": [average_precision_score(y, each, sample_weight=weights) for each in scores],
    }


def check(found: Mapping[str, Any], expected: Mapping[str, list[float]]) -> None:
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        assert found[name] == pytest.approx(values, rel=1e-6, abs=1e-9), name


@given(seeds, st.integers(2, 5), st.integers(5, 40), st.integers(1, 9), st.booleans(), weighted)
@settings(deadline=None)
def test_metrics_of_predicted_classes_are_those_of_scikit_learn_also_if_a_class_is_absent(
    seed: int, classes: int, rows: int, levels: int, absent: bool, weigh: bool
) -> None:
    outputs, y, weights = drawn(seed, classes=classes, rows=rows, levels=levels, absent=absent, weigh=weigh)
    task = "binary" if classes == 2 else "multiclass"
    check(output_metrics(DECISIONS, task, outputs, y, weights), decisions_of_sklearn(outputs, y, weights))


@given(seeds, st.integers(2, 5), st.integers(5, 40), st.integers(1, 9), weighted)
@settings(deadline=None)
def test_areas_under_curves_are_those_of_scikit_learn_also_with_ties(
    seed: int, classes: int, rows: int, levels: int, weigh: bool
) -> None:
    outputs, y, weights = drawn(seed, classes=classes, rows=rows, levels=levels, weigh=weigh)
    task = "binary" if classes == 2 else "multiclass"
    found = output_metrics(AREAS, task, outputs, y, weights)
    check(found, areas_of_sklearn(outputs, y, weights))


@given(seeds, st.integers(1, 3), st.integers(2, 40), weighted, st.booleans())
@settings(deadline=None)
def test_r2_is_that_of_scikit_learn_in_whatever_unit(
    seed: int, targets: int, rows: int, weigh: bool, constant: bool
) -> None:
    draw = np.random.default_rng(seed)
    y = draw.normal(size=(rows, targets))
    outputs = y + draw.normal(size=(3, rows, targets)) * draw.choice([0.0, 0.1, 2.0], (3, 1, 1))
    weights = draw.uniform(0.1, 3, rows) if weigh else None
    scales, means = np.array([20.0, 0.5, 3.0])[:targets], np.array([7.0, 0.0, -3.0])[:targets]
    if constant and weights is None:
        y[:, 0], scales = 0.25, np.ones(targets)
    expected = [r2_score(y * scales + means, each * scales + means, sample_weight=weights) for each in outputs]
    found = output_metrics(["r2"], "regression", outputs, y if targets > 1 else y[:, 0], weights)["r2"]
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_a_target_that_never_varies_counts_as_in_scikit_learn_though_its_mean_is_rounded() -> None:
    y = np.full(49, 0.1)
    outputs = np.stack([y, y + 1.0])[:, :, None]
    candidates = np.random.default_rng(1).uniform(0.1, 3, (20, 49))
    weights = next(each for each in candidates if np.average(y, weights=each) != 0.1)
    assert output_metrics(["r2"], "regression", outputs, y, weights)["r2"].tolist() == [1.0, 0.0]


def test_a_network_that_says_the_same_of_every_row_ranks_none_before_another() -> None:
    y = np.array([0, 1, 1, 0, 1], np.int32)
    found = output_metrics(AREAS, "binary", np.full((1, 5, 1), 0.3, np.float32), y)
    assert found == {"roc_auc": pytest.approx([0.5]), "pr_auc": pytest.approx([0.6])}


def test_an_output_that_is_no_number_makes_its_networks_metrics_no_numbers_and_leaves_the_others_alone() -> None:
    outputs, y, _ = drawn(3, classes=3, rows=20, levels=9)
    calm = output_metrics([*DECISIONS, *AREAS], "multiclass", outputs, y)
    for bad in (np.nan, np.inf):
        outputs[1, 4, 2] = bad
        stormy = output_metrics([*DECISIONS, *AREAS], "multiclass", outputs, y)
        for name, values in stormy.items():
            assert np.isnan(values).tolist() == [False, True, False]
            assert values[[0, 2]].tolist() == calm[name][[0, 2]].tolist()
    assert np.isnan(output_metrics(["r2"], "regression", outputs[:, :, 2:], y.astype(np.float32))["r2"][1])


def test_an_area_without_a_row_of_a_class_is_no_number() -> None:
    outputs, y, _ = drawn(3, classes=2, rows=9, levels=9)
    for label in (0, 1):
        found = output_metrics(AREAS, "binary", outputs, np.full_like(y, label))
        assert np.isnan(found["roc_auc"]).all()


def test_how_many_networks_are_sorted_at_once_is_of_no_consequence(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs, y, weights = drawn(5, classes=4, rows=30, levels=7, weigh=True)
    together = output_metrics(AREAS, "multiclass", outputs, y, weights)
    monkeypatch.setattr(room, "MOST_AT_ONCE", 1)
    alone = output_metrics(AREAS, "multiclass", outputs, y, weights)
    assert {name: values.tolist() for name, values in alone.items()} == {
        name: values.tolist() for name, values in together.items()
    }
