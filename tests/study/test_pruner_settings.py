from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator

from tests.study.test_search_settings import named, search, with_section
from tuner.study.pruner_settings import (
    HyperbandPruner,
    MedianPruner,
    NoPruner,
    PatientPruner,
    PercentilePruner,
    SuccessiveHalvingPruner,
    ThresholdPruner,
)
from tuner.study.schema import study_schema

VALIDATOR = Draft202012Validator(study_schema())
KINDS = "none, median, percentile, successive_halving, hyperband, patient, threshold"
WRAPPED = "none, median, percentile, successive_halving, hyperband, threshold"


@pytest.mark.parametrize(
    ("name", "pruner"),
    [
        ("none", NoPruner()),
        ("median", MedianPruner()),
        ("percentile", PercentilePruner()),
        ("successive_halving", SuccessiveHalvingPruner()),
        ("hyperband", HyperbandPruner()),
        ("patient", PatientPruner()),
    ],
)
def test_a_pruner_may_be_stated_by_its_name_alone(name, pruner):
    assert search(pruner=name).pruner == pruner == search(pruner={"kind": name}).pruner


@pytest.mark.parametrize(
    ("table", "pruner"),
    [
        ({"kind": "percentile", "keep": 10}, PercentilePruner(keep=10)),
        ({"kind": "threshold", "upper": 2.5}, ThresholdPruner(upper=2.5)),
        ({"kind": "threshold", "lower": 1, "warmup_epochs": 3}, ThresholdPruner(lower=1.0, warmup_epochs=3)),
        (
            {"kind": "hyperband", "minimum_epochs": 2, "reduction_factor": 2},
            HyperbandPruner(minimum_epochs=2, reduction_factor=2),
        ),
        ({"kind": "patient", "patience": 3, "min_delta": 0.1}, PatientPruner(patience=3, min_delta=0.1)),
        ({"kind": "patient", "pruner": "median"}, PatientPruner(pruner=MedianPruner())),
        (
            {"kind": "patient", "pruner": {"kind": "median", "warmup_epochs": 0}},
            PatientPruner(pruner=MedianPruner(warmup_epochs=0)),
        ),
    ],
)
def test_a_pruner_table_holds_its_own_settings(table, pruner):
    assert search(pruner=table).pruner == pruner
    assert VALIDATOR.is_valid(with_section(search={"pruner": table}))


@pytest.mark.parametrize(
    ("pruner", "place", "problem"),
    [
        ({"kind": 3}, "pruner.kind", f"is 3, but should be one of {KINDS}"),
        (True, "pruner", f"is true, but should be one of {KINDS}, or"),
        (
            {"kind": "median", "warmup_epoch": 3},
            "pruner.warmup_epoch",
            'is no setting here; there are kind, warmup_epochs, startup_trials. Did you mean "warmup_epochs"?',
        ),
        (
            {"kind": "median", "median": 3},
            "pruner.median",
            "is no setting here; there are kind, warmup_epochs, startup_trials.",
        ),
        ({"kind": "none", "keep": 3}, "pruner.keep", "is no setting of none, but of percentile"),
        ({"kind": "percentile", "keep": 101}, "pruner.keep", "is 101, but should be at most 100"),
        ({"kind": "hyperband", "minimum_epochs": 0}, "pruner.minimum_epochs", "is 0, but should be at least 1"),
        ({"kind": "hyperband", "reduction_factor": 1}, "pruner.reduction_factor", "is 1, but should be at least 2"),
        ({"kind": "patient", "patience": 0}, "pruner.patience", "is 0, but should be at least 1"),
        ({"kind": "patient", "min_delta": -0.1}, "pruner.min_delta", "is -0.1, but should be at least 0"),
        ({"kind": "threshold", "warmup_epochs": 2}, "pruner", "states neither upper nor lower; it needs at least one"),
        ({"kind": "threshold", "upper": 1, "lower": 2}, "pruner", "has lower 2 above upper 1; lower should be the le"),
        ({"kind": "threshold", "upper": "a"}, "pruner.upper", 'is "a", but should be a number'),
        ({"kind": "patient", "pruner": "medain"}, "pruner.pruner", f'is "medain", but should be one of {WRAPPED}. Did'),
        ({"kind": "patient", "pruner": "patient"}, "pruner.pruner", f'is "patient", but should be one of {WRAPPED}.'),
        ({"kind": "patient", "pruner": 3}, "pruner.pruner", f"is 3, but should be one of {WRAPPED}, or a table"),
        (
            {"kind": "patient", "pruner": {"kind": "medain"}},
            "pruner.pruner",
            f'is a pruner in which kind is "medain", but should be one of {WRAPPED}. Did you mean "median"?',
        ),
        (
            {"kind": "patient", "pruner": {"kind": "median", "warmup_epochs": -1, "keep": 3}},
            "pruner.pruner",
            "is a pruner in which warmup_epochs is -1, but should be at least 0, "
            "and in which keep is no setting of median, but of percentile",
        ),
        ({"kind": "patient", "pruner": {"kind": "threshold"}}, "pruner.pruner", "states neither upper nor lower; it"),
    ],
)
def test_a_wrong_pruner_is_named(pruner, place, problem):
    found = named(search={"pruner": pruner})
    assert list(found) == [f"search.{place}"]
    assert found[f"search.{place}"].startswith(problem)
    assert not VALIDATOR.is_valid(with_section(search={"pruner": pruner})) or "lower" in problem


def test_a_threshold_by_its_name_alone_is_told_what_it_needs():
    (problem,) = named(search={"pruner": "threshold"}).values()
    assert problem.startswith("states neither upper nor lower")


def test_a_pruner_of_unknown_kind_is_still_checked_for_names_that_no_pruner_has():
    assert set(named(search={"pruner": {"kind": "medain", "warmup_epochs": 3, "patienc": 2}})) == {
        "search.pruner.kind",
        "search.pruner.patienc",
    }


def test_mistakes_of_a_wrapped_pruner_and_of_the_one_around_it_are_both_named():
    pruner = {"kind": "patient", "patience": 0, "pruner": {"kind": "median", "warmup": 3}}
    assert set(named(search={"pruner": pruner})) == {"search.pruner.patience", "search.pruner.pruner"}


def test_a_threshold_in_python_says_what_it_needs():
    with pytest.raises(ValueError, match="neither upper nor lower"):
        ThresholdPruner()


def test_a_stored_pruner_is_read_again_as_it_was():
    pruner = PatientPruner(patience=2, pruner=PercentilePruner(keep=10.0, warmup_epochs=1))
    assert PatientPruner.model_validate(pruner.model_dump()) == pruner
