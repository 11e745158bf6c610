"""What a network is measured by beside its metrics: counted by hand, and the same whoever has trained it."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate, chain, repeat
from typing import Any

import keras
import numpy as np
import pytest

from tests.contracts.small_tables import prepared
from tests.contracts.trainer import Recorder, job, train
from tuner.study.objectives import FIGURES
from tuner.training.figures import CALLS, CALLS_BEFORE, MEASURES, figures_of, latency, nonzero_weights
from tuner.training.fit import FitTrainer, fit_job
from tuner.training.folded import FoldedTrainer
from tuner.training.job import End, Job, Outcome, member_data
from tuner.training.lanes import LaneTrainer
from tuner.training.members import member_job, members_of
from tuner.training.trainer import Trainer

SPARSE: dict[str, Any] = {
    "layers": {"depth": 2, "width": 8, "l1": 0.03},
    "normalization": {"kind": "before"},
    "epochs": 6,
    "batch_size": 8,
}


def model(*kernels: Any) -> keras.Model:
    layers: list[keras.layers.Layer] = [keras.Input((len(kernels[0]),))]
    for kernel in kernels:
        layers += [keras.layers.Dense(len(kernel[0])), keras.layers.BatchNormalization()]
    made = keras.Sequential(layers)
    dense = [layer for layer in made.layers if isinstance(layer, keras.layers.Dense)]
    for layer, kernel in zip(dense, kernels, strict=True):
        layer.set_weights([np.array(kernel, np.float32), np.ones(len(kernel[0]), np.float32)])
    return made


def wanting(*figures: str, **hyperparameters: Any) -> Job:
    return replace(job(**{**SPARSE, **hyperparameters}), figures=figures)


def trained(trainer: Trainer, *jobs: Job, **settings: Any) -> list[Outcome]:
    outcomes = train(trainer, jobs, Recorder(), **settings)
    return [outcomes[number] for number in sorted(outcomes)]


def test_every_figure_can_be_measured_or_is_told_by_every_outcome() -> None:
    assert {*MEASURES, "parameters"} == {*FIGURES}


def test_weights_count_if_they_are_further_than_a_thousandth_from_zero_and_biases_never_do() -> None:
    counted = model([[0.0, 0.002, -0.5], [0.0009, -0.0009, -0.0011]], [[0.0], [1e-9], [3.0]])
    assert nonzero_weights(counted) == 4


def test_the_latency_is_the_median_in_microseconds_without_the_first_calls() -> None:
    # Most calls take 3 s, some 50; a clock is read before and after each.
    lengths = [50.0] * (CALLS // 2) + [3.0] * (CALLS - CALLS // 2)
    ticks = accumulate(chain.from_iterable(zip(repeat(1.0), lengths)))
    assert latency(model([[1.0]]), clock=lambda: next(ticks)) == pytest.approx(3e6)
    assert CALLS_BEFORE > 0


def test_a_larger_network_takes_longer() -> None:
    small, large = (model(np.zeros((width, width))) for width in (2, 1500))
    assert 0 < latency(small) < latency(large)


def test_nothing_is_built_where_nothing_is_to_be_measured() -> None:
    def never() -> keras.Model:
        raise AssertionError

    assert figures_of(never, ("parameters",)) == {}


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_fit_measures_the_weights_of_the_best_epoch(direction) -> None:
    # Turned round, the best epoch of a training that goes well is its first, when few weights are about zero.
    wanted = replace(wanting("nonzero_weights"), direction=direction)
    kept, outcome = fit_job(wanted, prepared(), Recorder())
    kernels = [layer.kernel.numpy() for layer in kept.layers if isinstance(layer, keras.layers.Dense)]
    assert [kernel.shape for kernel in kernels] == [(4, 8), (8, 8), (8, 3)]
    expected = sum(int((np.abs(kernel) > 1e-3).sum()) for kernel in kernels)
    assert outcome.figures == {"nonzero_weights": expected}
    assert 0 < expected < 120


def test_lanes_measure_what_fit_does() -> None:
    jobs = [replace(wanting("parameters", "nonzero_weights", "latency"), number=number) for number in range(2)]
    jobs[1] = replace(jobs[1], seed=6)
    in_lanes = trained(LaneTrainer(lanes=2), *jobs)
    for outcome, each in zip(in_lanes, jobs, strict=True):
        [alone] = trained(FitTrainer(), replace(each, order=outcome.order))
        assert outcome.best_epoch == alone.best_epoch
        assert outcome.figures.keys() == alone.figures.keys() == {"nonzero_weights", "latency"}
        # A weight may be on either side of the bound by rounding alone.
        assert outcome.figures["nonzero_weights"] == pytest.approx(alone.figures["nonzero_weights"], abs=1)
        assert outcome.figures["latency"] > 0
        assert outcome.parameters == alone.parameters


def test_l1_leaves_fewer_weights() -> None:
    [with_l1, without] = [
        trained(FitTrainer(), wanting("nonzero_weights", layers={"depth": 2, "width": 8, "l1": l1}))[0]
        for l1 in (0.03, 0.0)
    ]
    assert with_l1.figures["nonzero_weights"] < without.figures["nonzero_weights"]


@pytest.mark.thorough
@pytest.mark.parametrize("trainer", [FitTrainer(), LaneTrainer(lanes=1)], ids=["fit", "lanes"])
def test_nothing_is_measured_of_a_trial_without_a_value_nor_without_being_wanted(trainer) -> None:
    diverging = wanting("nonzero_weights", optimizer={"kind": "sgd", "learning_rate": 1e30})
    [diverged, plain] = trained(trainer, diverging, replace(job(), number=1))
    assert (diverged.end, diverged.figures) == (End.DIVERGED, {})
    assert (plain.end, plain.figures) == (End.FINISHED, {})


@pytest.mark.thorough
def test_a_trial_with_folds_has_the_mean_of_what_its_members_came_to() -> None:
    wanted, members = wanting("parameters", "nonzero_weights"), members_of(folds=1, repeats=3)
    data = {member_data(wanted.data, member.repeat, member.fold): prepared() for member in members}
    [whole] = trained(FoldedTrainer(FitTrainer(), members), wanted, data=data)
    each = trained(FitTrainer(), *(member_job(wanted, members, index) for index in range(3)), data=data)
    found = [outcome.figures["nonzero_weights"] for outcome in each]
    assert len({*found}) > 1
    assert whole.figures == {"nonzero_weights": pytest.approx(sum(found) / 3)}
    assert whole.parameters == each[0].parameters
