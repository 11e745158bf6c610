"""What is random in training: its distribution is the same under both trainers, and off means off."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import pytest

from tests.contracts.small_tables import prepared
from tests.contracts.trainer import Recorder, job, train
from tuner.data.prepared import FloatArray
from tuner.lanes.signature import Expected
from tuner.training.fit import FitTrainer, fit_job
from tuner.training.job import Job
from tuner.training.lanes import LaneTrainer

EPOCHS = 30

STILL = {"optimizer": {"kind": "sgd", "learning_rate": 1e-30}, "epochs": EPOCHS}
"""A training that leaves its weights as they are: each epoch measures the same network under other random numbers."""

SELU: Mapping[str, Any] = {"depth": 1, "width": 8, "activation": "selu"}

RANDOM: Mapping[str, Mapping[str, Any]] = {
    "plain": {"layers": SELU},
    "dropout": {"layers": {**SELU, "dropout": 0.4}},
    "alpha dropout": {"layers": {**SELU, "dropout": 0.4, "dropout_kind": "alpha"}},
    "noise on inputs": {"layers": SELU, "inputs": {"noise": 1.0}},
    "noise on activations": {"layers": SELU, "activation_noise": {"kind": "constant", "initial": 1.5}},
}


@pytest.fixture(scope="module")
def losses() -> Mapping[str, Mapping[str, tuple[list[float], list[float]]]]:
    """By trainer and by name, the training and the validation losses of every epoch."""
    jobs = [job(number, seed=1, **STILL, **settings) for number, settings in enumerate(RANDOM.values())]
    found = {}
    for name, trainer in (("lanes", LaneTrainer(lanes=8, expected=expected_of(jobs))), ("fit", FitTrainer())):
        seen = Recorder()
        train(trainer, jobs, seen)
        found[name] = {
            random: (
                [result.metrics["loss"] for result in seen.of(number)],
                [result.metrics["val_loss"] for result in seen.of(number)],
            )
            for number, random in enumerate(RANDOM)
        }
    return found


def expected_of(jobs: list[Job]) -> Expected:
    techniques = {"dropout", "alpha_dropout", "input_noise", "activation_noise"}
    return Expected(widths=(8,), activations=("selu",), techniques=frozenset(techniques))


@pytest.mark.parametrize("name", list(RANDOM)[1:])
def test_what_is_random_does_the_same_to_the_loss_under_both_trainers(losses, name):
    ours, theirs = (np.array(losses[trainer][name][0]) for trainer in ("lanes", "fit"))
    error = math.sqrt((ours.var(ddof=1) + theirs.var(ddof=1)) / EPOCHS)
    assert abs(ours.mean() - theirs.mean()) < 4 * error
    assert ours.std() > 0.01 * ours.mean(), "the draws make a difference that can be seen"
    assert 0.5 < ours.std() / theirs.std() < 2


@pytest.mark.parametrize("trainer", ["lanes", "fit"])
def test_nothing_is_random_where_rows_are_only_measured(losses, trainer):
    plain = losses[trainer]["plain"][1]
    for _, validation in losses[trainer].values():
        assert validation == pytest.approx(plain, rel=1e-6)


# Noise on gradients.


NOISE = 0.3
RATE = 0.01


def step(**settings: Any) -> Job:
    """A training of one step, over all rows."""
    layers = {"depth": 2, "width": 24, "activation": "tanh"}
    optimizer = {"kind": "sgd", "learning_rate": RATE}
    return job(7, seed=3, epochs=1, batch_size=90, layers=layers, optimizer=optimizer, **settings)


def weights_of(trainer: str, chosen: Job) -> list[FloatArray]:
    """Of the network after its one step."""
    if trainer == "fit":
        model, _ = fit_job(chosen, prepared(), Recorder())
        assert model is not None
        return model.get_weights()
    models: list[keras.Model] = []
    expected = Expected(depths=(3,), widths=(32,), shallow=(3,), techniques=frozenset({"gradient_noise"}))
    lanes = LaneTrainer(lanes=2, expected=expected, keep_model=lambda job, model: models.append(model))
    train(lanes, [chosen], Recorder())
    return models[0].get_weights()


@pytest.mark.parametrize("trainer", ["lanes", "fit"])
@pytest.mark.parametrize(
    ("noise", "deviation"),
    [
        ({"kind": "constant", "initial": NOISE}, NOISE),
        ({"kind": "constant", "initial": 0.0}, 0.0),
    ],
)
def test_gradients_get_noise_of_the_stated_deviation(trainer, noise, deviation):
    plain, noisy = weights_of(trainer, step()), weights_of(trainer, step(gradient_noise=noise))
    moved = np.concatenate([np.ravel(b - a) / RATE for a, b in zip(plain, noisy, strict=True)])
    if not deviation:
        assert np.abs(moved).max() < 1e-4
        return
    count = len(moved)
    assert abs(moved.mean()) < 4 * deviation / math.sqrt(count)
    assert moved.std() == pytest.approx(deviation, rel=4 / math.sqrt(2 * count))
    assert len(np.unique(np.round(moved, 4))) > 0.9 * count


@pytest.mark.parametrize("trainer", ["lanes", "fit"])
def test_annealed_noise_falls_from_step_to_step(trainer):
    """Two steps, of which the second has the smaller noise: the variances add up."""
    eta, gamma = 0.09, 4.0
    annealed = {"kind": "annealed", "eta": eta, "gamma": gamma}
    settings = {"epochs": 2, "batch_size": 90, "layers": {"depth": 1, "width": 200}}
    still = {"optimizer": {"kind": "sgd", "learning_rate": RATE}, **settings}
    plain = weights_of(trainer, job(7, seed=3, **still))
    noisy = weights_of(trainer, job(7, seed=3, gradient_noise=annealed, **still))
    moved = np.ravel(noisy[0] - plain[0]) / RATE
    both = math.sqrt(eta * (1 + 2**-gamma))
    assert moved.std() == pytest.approx(both, rel=0.15)
