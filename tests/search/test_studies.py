from __future__ import annotations

from dataclasses import replace

import optuna
import pytest

from tests.contracts.small_tables import prepared
from tests.search.fake_trainer import search, small_study
from tuner.errors import StudyError
from tuner.search import studies
from tuner.search.studies import delete_stored, join_study, load_stored, set_budget, stored_names
from tuner.search.versions import disagreement, versions


def refusal(storage, definition, data=None) -> str:
    with pytest.raises(StudyError) as caught:
        join_study(storage, definition, data or prepared())
    return str(caught.value)


def test_a_study_keeps_its_definition_and_where_it_comes_from(storage):
    study = join_study(storage, small_study(), prepared())
    kept = study.user_attrs
    learning_rate = kept[studies.DEFINITION]["hyperparameters.optimizer.learning_rate"]
    assert learning_rate == {"low": 1e-4, "high": 0.3, "log": True}
    assert kept[studies.DATA] == prepared().fingerprint
    assert set(kept[studies.VERSIONS]) == {"tuner", "keras", "optuna", "tensorflow"}
    assert study.metric_names == ["val_log_loss"]


@pytest.mark.parametrize(("metric", "direction"), [("val_log_loss", "MINIMIZE"), ("val_accuracy", "MAXIMIZE")])
def test_a_study_goes_the_way_of_its_metric(storage, metric, direction):
    assert join_study(storage, small_study(metric=metric), prepared()).direction.name == direction


def test_the_same_definition_finds_its_study_again(storage):
    search(storage, trials=2)
    assert len(join_study(storage, small_study(), prepared()).get_trials()) == 2


def test_a_changed_definition_is_refused_with_the_difference_and_the_way_out(storage):
    search(storage, trials=1)
    changed = small_study(hyperparameters={"batch_size": 32, "epochs": {"low": 2, "high": 4}})
    said = refusal(storage, changed)
    assert "hyperparameters.batch_size: was 16, now 32" in said
    assert 'hyperparameters.epochs: was 4, now {"low": 2, "high": 4}' in said
    assert "learning_rate" not in said
    assert "tuner delete --study small" in said
    assert len(optuna.load_study(study_name="small", storage=storage).get_trials()) == 1


def older(storage, *places: str) -> None:
    """Let the stored study be one of a version that did not have these settings yet."""
    study = optuna.load_study(study_name="small", storage=storage)
    meaning = study.user_attrs[studies.DEFINITION]
    assert {*places} <= meaning.keys()
    study.set_user_attr(studies.DEFINITION, {place: meaning[place] for place in meaning if place not in places})


def test_a_study_goes_on_under_a_version_that_has_more_settings(storage):
    search(storage, trials=1)
    older(storage, "hyperparameters.inputs.noise", "hyperparameters.clipping.kind", "data.folds")
    assert len(join_study(storage, small_study(), prepared()).get_trials()) == 1


def test_a_new_setting_that_the_file_states_is_a_change_all_the_same(storage):
    search(storage, trials=1)
    older(storage, "hyperparameters.inputs.noise")
    stated = small_study(hyperparameters={"batch_size": 16, "epochs": 4, "inputs": {"noise": 0.1}})
    assert "hyperparameters.inputs.noise: new, 0.1" in refusal(storage, stated)


@pytest.mark.parametrize(
    "changes", [{"seed": 21}, {"metric": "val_accuracy"}, {"data": {"builtin": "wine", "validation": 0.3}}], ids=str
)
def test_seed_metric_and_split_are_part_of_what_a_study_means(storage, changes):
    search(storage, trials=1)
    assert "is stored with another definition" in refusal(storage, small_study(**changes))


@pytest.mark.parametrize(
    "changes", [{"budget": {"trials": 9}}, {"retries": 0}, {"pruner": "median"}, {"run": {"storage": "sqlite:///x"}}]
)
def test_budget_sampler_pruner_and_storage_may_change(storage, changes):
    search(storage, trials=1)
    assert len(join_study(storage, small_study(**changes), prepared()).get_trials()) == 1


def test_the_default_metric_and_the_same_metric_by_name_mean_the_same(storage):
    search(storage, small_study(), trials=1)
    join_study(storage, small_study(metric="val_log_loss"), prepared())


def test_changed_data_are_refused(storage):
    join_study(storage, small_study(), replace(prepared(), fingerprint="before"))
    said = refusal(storage, small_study(), replace(prepared(), fingerprint="after"))
    assert "the data" in said
    assert "(before then, after now)" in said


def test_a_study_of_somebody_else_is_refused_and_left_alone(storage):
    foreign = optuna.create_study(storage=storage, study_name="small")
    foreign.add_trial(optuna.trial.create_trial(value=1.0))
    assert "was not made by tuner" in refusal(storage, small_study())
    assert foreign.user_attrs == {}
    assert foreign.metric_names is None


@pytest.mark.parametrize("directions", [["maximize"], ["minimize", "minimize"]])
def test_an_empty_study_that_goes_another_way_is_refused(storage, directions):
    """The dashboard can make studies, too."""
    optuna.create_study(storage=storage, study_name="small", directions=directions)
    assert "was not made by tuner" in refusal(storage, small_study())


def test_a_study_that_was_broken_off_while_it_was_made_is_completed(storage):
    optuna.create_study(storage=storage, study_name="small", direction="minimize")
    assert studies.DEFINITION in join_study(storage, small_study(), prepared()).user_attrs


def test_other_major_versions_are_refused_and_minor_ones_are_not(storage):
    study = join_study(storage, small_study(), prepared())
    keras = versions()["keras"].split(".")
    study.set_user_attr(studies.VERSIONS, {**versions(), "keras": f"{keras[0]}.0.0"})
    join_study(storage, small_study(), prepared())
    study.set_user_attr(studies.VERSIONS, {**versions(), "keras": "2.15.0"})
    said = refusal(storage, small_study())
    assert f"keras 2.15.0 made it, and this is keras {versions()['keras']}" in said


@pytest.mark.parametrize(
    ("stored", "current", "agree"),
    [("3.15.1", "3.9.0", True), ("3.15.1", "4.0.0", False), ("0.1.0", "0.1.7", True), ("0.1.0", "0.2.0", False)],
)
def test_versions_agree_within_a_major_one_and_below_one_within_a_minor_one(stored, current, agree):
    assert (disagreement({"keras": stored}, {"keras": current}) is None) is agree


def test_what_an_older_study_does_not_tell_is_no_disagreement():
    assert disagreement({}, versions()) is None


# The budget.


def test_a_stated_budget_holds_for_later_runs_too(storage):
    definition = small_study(budget={"trials": 10})
    study = join_study(storage, definition, prepared())
    assert set_budget(study, definition, None) == 10
    assert set_budget(study, definition, 30) == 30
    assert set_budget(study, definition, None) == 30
    assert load_stored(storage, "small").trials == 30


def test_a_study_without_a_budget_has_no_limit(storage):
    definition = small_study()
    assert set_budget(join_study(storage, definition, prepared()), definition, None) is None


def test_a_changed_budget_in_the_file_counts(storage):
    for trials in (10, 5):
        definition = small_study(budget={"trials": trials})
        assert set_budget(join_study(storage, definition, prepared()), definition, None) == trials


# Finding and deleting.


def test_a_study_that_is_not_stored_is_named_with_the_nearest_one(storage):
    join_study(storage, small_study(), prepared())
    with pytest.raises(StudyError, match=r'no study "smal"; it has small\. Did you mean "small"\?'):
        load_stored(storage, "smal")


def test_an_empty_storage_says_so(storage):
    with pytest.raises(StudyError, match='no study "small"; it has none yet'):
        load_stored(storage, "small")


def test_studies_with_several_objectives_are_none_of_ours(storage):
    optuna.create_study(storage=storage, study_name="foreign", directions=["minimize", "maximize"])
    join_study(storage, small_study(), prepared())
    assert stored_names(storage) == ["small"]
    with pytest.raises(StudyError):
        delete_stored(storage, "foreign")


def test_deleting_a_study_leaves_the_others(storage):
    search(storage, small_study("one"), trials=1)
    search(storage, small_study("two"), trials=1)
    delete_stored(storage, "one")
    assert stored_names(storage) == ["two"]
    with pytest.raises(StudyError):
        delete_stored(storage, "one")
