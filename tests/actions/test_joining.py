"""What is held against the data before a search begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from tuner.actions.joining import prepared_for
from tuner.errors import StudyFileError
from tuner.study.definition import StudyDefinition
from tuner.study.read import read_study


def study(root: Path, metric: str, **data: object) -> StudyDefinition:
    """A table of forty rows, of which the last two are "rare"."""
    lines = ["moment,x,label", *(f"{row},{row % 7},{'rare' if row > 37 else 'ab'[row % 2]}" for row in range(40))]
    (root / "table.csv").write_text("\n".join(lines))
    tree = {
        "name": "sample",
        "data": {"path": "table.csv", "target": "label", "test": 0, **data},
        "hyperparameters": {"optimizer": {"kind": "adam", "learning_rate": {"low": 1e-3, "high": 1e-1}}},
        "search": {"metric": metric},
    }
    return read_study(tree, source="sample.toml")


def test_a_metric_that_some_fold_does_not_define_is_a_mistake_of_the_study_that_names_the_fold(tmp_path: Path) -> None:
    with pytest.raises(StudyFileError) as caught:
        prepared_for(study(tmp_path, "val_roc_auc", folds=4, repeats=2), tmp_path)
    (mistake,) = caught.value.mistakes
    assert mistake.place == "search.metric"
    assert mistake.problem.startswith('is "val_roc_auc", but no validation row is of class "rare" in repeat 0, fold ')
    assert mistake.problem.endswith("; state another metric, or another split")


def test_a_single_split_has_no_fold_to_name(tmp_path: Path) -> None:
    (tmp_path / "rows.txt").write_text("\n".join(map(str, range(10))))
    with pytest.raises(StudyFileError) as caught:
        prepared_for(study(tmp_path, "val_pr_auc", validation_rows="rows.txt"), tmp_path)
    assert 'is of class "rare"; state' in str(caught.value)


@pytest.mark.parametrize(("metric", "folds"), [("val_macro_f1", 4), ("val_balanced_accuracy", 4), ("val_roc_auc", 2)])
def test_a_metric_that_every_fold_defines_is_fine(tmp_path: Path, metric: str, folds: int) -> None:
    assert prepared_for(study(tmp_path, metric, folds=folds), tmp_path).task == "multiclass"
