"""Metrics that no sum over rows tells: out of the outputs for all validation rows, in plain NumPy.

Several networks are measured at once, as many as a block has lanes. Whatever is measured, the outputs are what Keras'
`predict` gives: probabilities of a classification, and of a regression numbers in the units it is trained in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tuner.study.metrics import Task

Scores = NDArray[np.float64]
Found = Mapping[str, Scores]

MOST_AT_ONCE = 2**20
"""Outputs that are sorted at once: it takes some sixty bytes for each."""


def output_metrics(
    names: Sequence[str], task: Task, outputs: NDArray[Any], y: NDArray[Any], weights: NDArray[Any] | None = None
) -> Found:
    """Measure networks on the same rows.

    - balanced_accuracy: mean over the classes that the rows have of the share of their weight that is recognised.
    - macro_f1: mean of each class' F1, over the classes that the rows have or that are predicted; also of two classes.
    - roc_auc, pr_auc: area under the ROC curve, and average precision (the sum of precision times gained recall,
      without interpolation), of class 1 of two; of more the mean over the classes, each against all others.
    - r2: 1 - squared errors / squared deviations from the mean, the mean over several targets; 0 for a target that is
      the same in all rows, unless it is met exactly.

    A class is predicted if it is the first of the likeliest; of two, class 1 if its probability is above 0.5.

    Args:
        names: which metrics, without `val_`.
        task: the target's kind; it has to have these metrics.
        outputs: [networks, rows, outputs].
        y: [rows], class numbers or the target; [rows, outputs] if a regression has several.
        weights: [rows], how much each row counts; None if all count alike.
    Returns:
        Each metric's float64 [networks]: NaN for a network with an output that is not finite, and an area also where
        no row of a class counts.
    Source:
        sklearn.metrics: balanced_accuracy_score, f1_score(average="macro"), roc_auc_score(multi_class="ovr"),
        average_precision_score and r2_score, each with sample_weight.
    """
    finite = np.isfinite(outputs).all(axis=(1, 2))
    calm = np.where(finite[:, None, None], outputs, 0.0)
    counts = np.ones(len(y)) if weights is None else weights.astype(np.float64)
    found: dict[str, Scores] = {}
    for measured, measure in _MEASURES.items():
        if not set(measured).isdisjoint(names):
            found |= measure(task, calm, y, counts)
    return {name: np.where(finite, found[name], np.nan) for name in names}


def _of_predictions(task: Task, outputs: NDArray[Any], y: NDArray[Any], counts: Scores) -> Found:
    if task == "binary":
        classes, predicted = 2, (outputs[:, :, 0] > 0.5).astype(np.int64)
    else:
        classes, predicted = outputs.shape[2], outputs.argmax(axis=2)
    networks = len(predicted)
    places = (predicted + classes * np.arange(networks)[:, None]).ravel()

    def by_predicted(counted: NDArray[Any]) -> Scores:
        """Sums over the rows by the class that is predicted, [networks, classes]."""
        spread = np.broadcast_to(counted, predicted.shape).ravel()
        sums: Scores = np.bincount(places, spread, networks * classes).astype(np.float64)
        return sums.reshape(networks, classes)

    right, guessed = by_predicted(np.where(predicted == y, counts, 0.0)), by_predicted(counts)
    true = np.bincount(y, counts, classes)
    recall = right[:, true > 0] / true[true > 0]
    either = true + guessed
    f1 = np.divide(2 * right, either, out=np.zeros_like(right), where=either > 0)
    # As in scikit-learn, a class is there even if none of its rows counts.
    there = (np.bincount(y, minlength=classes) > 0) | (by_predicted(np.ones(len(y))) > 0)
    return {
        "balanced_accuracy": recall.mean(axis=1),
        "macro_f1": np.where(there, f1, 0.0).sum(axis=1) / there.sum(axis=1),
    }


def _of_ranks(task: Task, outputs: NDArray[Any], y: NDArray[Any], counts: Scores) -> Found:
    networks, rows, columns = outputs.shape
    # The output of a single column is the probability of class 1.
    sought = [1] if task == "binary" else range(columns)
    step = max(1, MOST_AT_ONCE // rows)
    roc, pr = np.zeros(networks), np.zeros(networks)
    for column, label in enumerate(sought):
        for start in range(0, networks, step):
            some = slice(start, start + step)
            for total, area in zip((roc, pr), _areas(outputs[some, :, column], y == label, counts), strict=True):
                total[some] += area / len(sought)
    return {"roc_auc": roc, "pr_auc": pr}


def _areas(scores: NDArray[Any], positive: NDArray[np.bool_], counts: Scores) -> Iterator[Scores]:
    """The area under the ROC curve and the average precision, [networks] each.

    Args:
        scores: [networks, rows], higher for rows that rather are positive.
        positive: bool [rows].
        counts: float64 [rows].
    """
    order = np.argsort(scores, axis=1)[:, ::-1]
    ranked = np.take_along_axis(scores, order, axis=1)
    # Rows of equal score are taken together: each sees the sums at the last of them.
    last = np.ones(ranked.shape, bool)
    last[:, :-1] = ranked[:, :-1] != ranked[:, 1:]
    places = np.where(last, np.arange(ranked.shape[1]), ranked.shape[1])
    ends = np.minimum.accumulate(places[:, ::-1], axis=1)[:, ::-1]
    gained = np.where(positive, counts, 0.0)[order]
    hits = np.take_along_axis(gained.cumsum(axis=1), ends, axis=1)
    alarms = np.take_along_axis(np.where(positive, 0.0, counts)[order].cumsum(axis=1), ends, axis=1)
    widths = np.diff(alarms, axis=1, prepend=0.0)
    heights = hits.copy()
    heights[:, 1:] += hits[:, :-1]
    precision = np.divide(hits, hits + alarms, out=np.zeros_like(hits), where=hits > 0)
    with np.errstate(invalid="ignore"):
        yield (widths * heights).sum(axis=1) / (2 * hits[:, -1] * alarms[:, -1])
        yield (gained * precision).sum(axis=1) / hits[:, -1]


def _of_numbers(task: Task, outputs: NDArray[Any], y: NDArray[Any], counts: Scores) -> Found:
    target = y.reshape(len(y), -1).astype(np.float64)
    errors = np.einsum("r,nrt->nt", counts, np.square(outputs - target))
    counted = target[counts > 0]
    deviations = counts @ np.square(target - np.average(target, axis=0, weights=counts))
    # Of equal numbers the mean may be another one by rounding.
    varies = (counted.min(axis=0) < counted.max(axis=0)) & (deviations > 0)
    share = np.divide(errors, deviations, out=np.where(errors > 0, 1.0, 0.0), where=varies)
    return {"r2": np.mean(1.0 - share, axis=1)}


_Measure = Callable[[Task, NDArray[Any], NDArray[Any], Scores], Found]

_MEASURES: Mapping[tuple[str, ...], _Measure] = {
    ("balanced_accuracy", "macro_f1"): _of_predictions,
    ("roc_auc", "pr_auc"): _of_ranks,
    ("r2",): _of_numbers,
}
"""What is measured together, and by what."""
