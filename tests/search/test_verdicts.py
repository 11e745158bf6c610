from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import optuna
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from optuna.pruners import BasePruner
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState, create_trial

from tuner.search.percentiles import Percentiles
from tuner.search.pruners import make_pruner
from tuner.search.verdicts import Verdicts
from tuner.study import pruner_settings

EPOCHS = 9
NAN, INF = math.nan, math.inf
DIRECTIONS = ["minimize", "maximize"]

Curve = dict[int, float]

VALUES = st.sampled_from([0.0, 0.25, 0.5, 0.5, 1.0, 1.5, 3.0, -2.0, NAN, INF, -INF]) | st.floats(-5, 5)
CURVES = st.dictionaries(st.integers(0, EPOCHS - 1), VALUES, max_size=EPOCHS) | st.lists(VALUES, max_size=EPOCHS).map(
    lambda values: dict(enumerate(values))
)
STATE = [TrialState.COMPLETE, TrialState.PRUNED]
STATES = st.sampled_from(STATE)


def finished(curve: Curve, state: TrialState = TrialState.COMPLETE, outcome: str = "finished") -> FrozenTrial:
    value = 0.0 if state is TrialState.COMPLETE else None
    return create_trial(state=state, value=value, intermediate_values=curve, user_attrs={"outcome": outcome})


def running(curve: Curve) -> FrozenTrial:
    return create_trial(state=TrialState.RUNNING, intermediate_values=curve)


def asked(study: optuna.Study) -> FrozenTrial:
    """A running trial of the study."""
    number = study.ask().number
    return study.get_trials()[number]


def study_of(pruner: BasePruner, trials: Sequence[FrozenTrial] = (), direction: str = "minimize") -> optuna.Study:
    storage = optuna.storages.InMemoryStorage()
    study = optuna.create_study(
        storage=storage,
        study_name="twin",  # Hyperband's brackets go by it
        direction=direction,
        pruner=pruner,
        sampler=optuna.samplers.RandomSampler(0),
    )
    study.add_trials(trials)
    return study


def optunas(study: optuna.Study, trials: Sequence[FrozenTrial]) -> list[bool]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # Optuna's own, where all values are NaN
        return [bool(study.pruner.prune(study, trial)) for trial in trials]


def learnt(study: optuna.Study, epochs: int = EPOCHS) -> Verdicts:
    verdicts = Verdicts(study, epochs)
    verdicts.learn(study.get_trials(deepcopy=False))
    return verdicts


@settings(max_examples=200)
@given(
    percentile=st.sampled_from([0.0, 10.0, 25.0, 50.0, 90.0, 100.0]),
    startup=st.integers(0, 4),
    warmup=st.integers(0, 4),
    direction=st.sampled_from(DIRECTIONS),
    past=st.lists(st.tuples(CURVES, STATES), max_size=8),
    present=st.lists(CURVES, max_size=5),
)
@example(50.0, 0, 0, "minimize", [], [{0: NAN}])
@example(50.0, 1, 0, "minimize", [({0: INF}, TrialState.COMPLETE), ({0: INF}, TrialState.COMPLETE)], [{0: 1.0}])
@example(50.0, 1, 0, "maximize", [({0: NAN}, TrialState.COMPLETE)], [{0: NAN}, {0: 1.0}, {}])
def test_median_and_percentile_verdicts_are_optunas_own(percentile, startup, warmup, direction, past, present):
    pruner = optuna.pruners.PercentilePruner(percentile, n_startup_trials=startup, n_warmup_steps=warmup)
    study = study_of(pruner, [finished(curve, state) for curve, state in past], direction)
    trials = [running(curve) for curve in present]
    assert learnt(study).should_prune(trials) == optunas(study, trials)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_verdicts_are_optunas_own_however_many_trials_are_learnt_and_whenever(direction):
    random = np.random.default_rng(0)

    def curve() -> Curve:
        values = np.where(random.random(EPOCHS) < 0.1, random.choice([NAN, INF, -INF]), random.normal(size=EPOCHS))
        return {epoch: float(value) for epoch, value in enumerate(values) if random.random() < 0.9}

    study = study_of(optuna.pruners.MedianPruner(), direction=direction)
    verdicts = Verdicts(study, EPOCHS)
    for learns in [0, 3, 4, 60, 1, 200]:
        new = [finished(curve(), STATE[int(random.random() < 0.3)]) for _ in range(learns)]
        study.add_trials(new)
        verdicts.learn(new)
        for _ in range(2):
            trials = [running(curve()) for _ in range(50)]
            assert verdicts.should_prune(trials) == optunas(study, trials)


@settings(max_examples=100)
@given(
    patience=st.integers(1, 4),
    min_delta=st.sampled_from([0.0, 0.5]),
    wrapped=st.sampled_from([None, "median", "threshold"]),
    direction=st.sampled_from(DIRECTIONS),
    past=st.lists(st.tuples(CURVES, STATES), max_size=8),
    present=st.lists(CURVES, max_size=5),
)
def test_patient_verdicts_are_optunas_own(patience, min_delta, wrapped, direction, past, present):
    inner: dict[str | None, Any] = {
        None: pruner_settings.NoPruner(),
        "median": pruner_settings.MedianPruner(startup_trials=1),
        "threshold": pruner_settings.ThresholdPruner(upper=1.0, lower=0.1),
    }
    patient = pruner_settings.PatientPruner(patience=patience, min_delta=min_delta, pruner=inner[wrapped])
    study = study_of(make_pruner(patient, EPOCHS), [finished(curve, state) for curve, state in past], direction)
    trials = [running(curve) for curve in present]
    assert learnt(study).should_prune(trials) == optunas(study, trials)


@settings(max_examples=50)
@given(curves=st.lists(CURVES, max_size=8), upper=st.sampled_from([0.5, INF]), lower=st.sampled_from([0.25, -INF]))
def test_threshold_verdicts_are_optunas_own(curves, upper, lower):
    study = study_of(optuna.pruners.ThresholdPruner(lower, upper, n_warmup_steps=2))
    trials = [running(curve) for curve in curves]
    assert learnt(study).should_prune(trials) == optunas(study, trials)


def rung_pruners() -> list[Any]:
    return [
        pruner_settings.SuccessiveHalvingPruner(minimum_epochs=1, reduction_factor=2),
        pruner_settings.SuccessiveHalvingPruner(minimum_epochs=2, reduction_factor=3),
        pruner_settings.HyperbandPruner(minimum_epochs=1, reduction_factor=2),
        pruner_settings.PatientPruner(
            patience=1, pruner=pruner_settings.SuccessiveHalvingPruner(minimum_epochs=1, reduction_factor=2)
        ),
    ]


class Twin:
    """A study whose trials are trained side by side, an epoch at a time."""

    def __init__(self, pruner: Any, curves: Sequence[Sequence[float]], lanes: int, direction: str) -> None:
        self.study = study_of(make_pruner(pruner, EPOCHS), direction=direction)
        self.waiting = list(enumerate(curves))
        self.lanes = lanes
        self.running: list[tuple[FrozenTrial, Sequence[float]]] = []

    def fill(self) -> list[FrozenTrial]:
        """Trials in all lanes, each an epoch further on."""
        while self.waiting and len(self.running) < self.lanes:
            number, curve = self.waiting.pop(0)
            assert self.study.ask().number == number
            self.running.append((self.study.get_trials()[number], curve))
        for trial, curve in self.running:
            trial.intermediate_values = dict(enumerate(curve[: len(trial.intermediate_values) + 1]))
        return [trial for trial, _ in self.running]

    def end(self, verdicts: Sequence[bool]) -> None:
        """Tell of the trials that have ended."""
        gone_on = []
        for (trial, curve), verdict in zip(self.running, verdicts, strict=True):
            if verdict or len(trial.intermediate_values) == len(curve):
                self.study.tell(trial.number, 0.0)
            else:
                gone_on.append((trial, curve))
        self.running = gone_on

    def rungs(self) -> list[dict[str, Any]]:
        trials = self.study.get_trials()
        return [{key: value for key, value in trial.system_attrs.items() if "rung" in key} for trial in trials]


def one_by_one(study: optuna.Study, trials: Sequence[FrozenTrial]) -> list[bool]:
    """As Optuna's `trial.should_prune()` does: with what the storage has now."""
    verdicts = []
    for trial in trials:
        trial.system_attrs = study._storage.get_trial_system_attrs(trial._trial_id)
        verdicts += optunas(study, [trial])
    return verdicts


@pytest.mark.parametrize("pruner", rung_pruners(), ids=lambda pruner: pruner.kind)
@settings(max_examples=40, deadline=None)
@given(
    curves=st.lists(st.lists(VALUES, min_size=1, max_size=EPOCHS), min_size=1, max_size=14),
    lanes=st.integers(1, 5),
    direction=st.sampled_from(DIRECTIONS),
)
def test_rungs_of_trials_side_by_side_are_what_optuna_makes_of_them_one_by_one(pruner, curves, lanes, direction):
    expected, twin = Twin(pruner, curves, lanes, direction), Twin(pruner, curves, lanes, direction)
    verdicts = Verdicts(twin.study, EPOCHS)
    while expected.waiting or expected.running:
        due = one_by_one(expected.study, expected.fill())
        assert verdicts.should_prune(twin.fill()) == due
        expected.end(due)
        twin.end(due)
    assert repr(twin.rungs()) == repr(expected.rungs())


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_trial_that_stopped_early_is_compared_with_its_last_value_at_later_epochs(direction):
    sign = 1 if direction == "minimize" else -1
    trial = running(dict.fromkeys(range(EPOCHS), 2.0 * sign))
    pruner = optuna.pruners.MedianPruner(n_startup_trials=1)
    ended = {0: 3.0 * sign, 1: 1.0 * sign}
    for outcome, verdict in [("stopped early", True), ("finished", False)]:
        study = study_of(pruner, [finished(ended, outcome=outcome)], direction)
        assert learnt(study).should_prune([trial]) == [verdict]
        assert study.get_trials()[0].intermediate_values == ended


def test_a_trial_that_stopped_early_is_noted_on_the_rungs_that_its_last_value_would_have_reached():
    halving = pruner_settings.SuccessiveHalvingPruner(minimum_epochs=1, reduction_factor=2)
    study = study_of(make_pruner(halving, EPOCHS))
    verdicts = Verdicts(study, EPOCHS)
    early = asked(study)
    for epoch, value in enumerate([3.0, 1.0]):
        early.intermediate_values[epoch] = value
        assert verdicts.should_prune([early]) == [False]
    before = dict(early.intermediate_values)
    verdicts.stopped_early(early)
    study.tell(early.number, 1.0)
    stored = study.get_trials()[0]
    rungs = {key: value for key, value in stored.system_attrs.items() if "rung" in key}
    assert rungs == {f"completed_rung_{number}": 1.0 for number in range(4)}  # after epochs 1, 2, 4 and 8
    assert stored.intermediate_values == {}
    assert early.intermediate_values == before

    later = asked(study)
    later.intermediate_values = dict.fromkeys(range(2), 2.0)
    assert verdicts.should_prune([later]) == [True]


def test_a_trial_that_stopped_early_goes_no_further_than_a_rung_at_which_it_would_have_ended():
    study = study_of(optuna.pruners.SuccessiveHalvingPruner(min_resource=2, reduction_factor=2))
    good, early = asked(study), asked(study)
    verdicts = Verdicts(study, EPOCHS)
    good.intermediate_values = dict.fromkeys(range(5), 1.0)
    early.intermediate_values = {0: 2.0}
    assert verdicts.should_prune([good, early]) == [False, False]
    verdicts.stopped_early(early)
    reached = [name for name in study.get_trials()[early.number].system_attrs if "rung" in name]
    assert reached == ["completed_rung_0"]


@pytest.mark.parametrize("kind", ["none", "median", "patient", "threshold"])
def test_where_no_rungs_are_kept_an_early_stop_is_nothing_to_note(kind):
    made = {
        "none": pruner_settings.NoPruner(),
        "median": pruner_settings.MedianPruner(),
        "patient": pruner_settings.PatientPruner(),
        "threshold": pruner_settings.ThresholdPruner(upper=1.0),
    }
    study = study_of(make_pruner(made[kind], EPOCHS))
    trial = asked(study)
    trial.intermediate_values = {0: 2.0}
    Verdicts(study, EPOCHS).stopped_early(trial)
    assert study.get_trials()[0].system_attrs == trial.system_attrs


def test_hyperband_knows_its_brackets_before_the_first_verdict():
    study = study_of(make_pruner(pruner_settings.HyperbandPruner(minimum_epochs=1, reduction_factor=2), EPOCHS))
    study.add_trials([finished({0: 1.0}) for _ in range(40)])
    Verdicts(study, EPOCHS)
    brackets = {study.pruner._get_bracket_id(study, trial) for trial in study.get_trials()}
    assert brackets == {0, 1, 2, 3}
    Verdicts(study, EPOCHS)
    assert len(study.pruner._pruners) == 4


def test_other_workers_rungs_are_seen():
    storage = optuna.storages.InMemoryStorage()
    halving = optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=2)
    study = optuna.create_study(storage=storage, pruner=halving)
    ours, theirs = asked(study), asked(study)
    verdicts = Verdicts(study, EPOCHS)
    storage.set_trial_system_attr(theirs._trial_id, "completed_rung_0", 0.5)
    ours.intermediate_values = dict.fromkeys(range(2), 1.0)
    assert verdicts.should_prune([ours]) == [True]


@pytest.mark.parametrize("kind", ["median", "successive_halving", "hyperband"])
def test_the_storage_is_read_at_most_once_for_all_trials(kind, monkeypatch):
    made = {
        "median": pruner_settings.MedianPruner(warmup_epochs=0),
        "successive_halving": pruner_settings.SuccessiveHalvingPruner(minimum_epochs=1),
        "hyperband": pruner_settings.HyperbandPruner(minimum_epochs=1),
    }
    study = study_of(make_pruner(made[kind], EPOCHS), [finished({0: 1.0, 1: 1.0}) for _ in range(6)])
    trials = [asked(study) for _ in range(20)]
    for trial in trials:
        trial.intermediate_values = {0: 1.0, 1: 1.0}
    verdicts = learnt(study)
    reads: list[int] = []
    whole = study._storage.get_all_trials

    def counted(*args: Any, **options: Any) -> list[FrozenTrial]:
        reads.append(1)
        return whole(*args, **options)

    monkeypatch.setattr(study._storage, "get_all_trials", counted)
    verdicts.should_prune(trials)
    assert len(reads) == (0 if kind == "median" else 1)


def test_a_median_pruner_with_settings_that_no_study_file_has_is_asked_itself():
    rare = optuna.pruners.MedianPruner(n_startup_trials=1, interval_steps=3, n_min_trials=2)
    assert not Percentiles.can_stand_for(rare)
    study = study_of(rare, [finished(dict.fromkeys(range(EPOCHS), 1.0)) for _ in range(2)])
    trials = [running(dict.fromkeys(range(epochs), 2.0)) for epochs in range(1, EPOCHS + 1)]
    assert learnt(study).should_prune(trials) == [bool(rare.prune(study, trial)) for trial in trials]
    assert True in optunas(study, trials)
    assert False in optunas(study, trials)


def test_the_direction_is_the_studys():
    for direction, verdict in [("minimize", [True, False]), ("maximize", [False, True])]:
        study = study_of(optuna.pruners.MedianPruner(n_startup_trials=1), [finished({0: 1.0})], direction)
        assert study.direction is StudyDirection[direction.upper()]
        assert learnt(study).should_prune([running({0: 2.0}), running({0: 0.5})]) == verdict
