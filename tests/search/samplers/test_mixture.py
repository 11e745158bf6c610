"""The prepared mixture against Optuna's own."""

from __future__ import annotations

import numpy as np
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers._tpe.parzen_estimator import _ParzenEstimator, _ParzenEstimatorParameters
from optuna.samplers._tpe.probability_distributions import _MixtureOfProductDistribution
from optuna.samplers._tpe.sampler import default_weights

from tuner.search.samplers.mixture import Mixture

SPACE = {
    "choice": CategoricalDistribution(["a", "b", "c"]),
    "share": FloatDistribution(0.0, 0.5),
    "rate": FloatDistribution(1e-8, 0.3, log=True),
    "stepped": FloatDistribution(-1.0, 1.0, step=0.25),
    "depth": IntDistribution(1, 3),
    "epochs": IntDistribution(10, 100, step=30),
    "width": IntDistribution(16, 256, log=True),
    "wide": IntDistribution(1, 100_000),
}


def mixture_of(kernels: int, names: list[str], seed: int = 0) -> _MixtureOfProductDistribution:
    """As Optuna makes one from trials: a kernel for each, and one for what is known before."""
    random = np.random.RandomState(seed)
    observations = {}
    for name in names:
        one = SPACE[name]
        if isinstance(one, CategoricalDistribution):
            observations[name] = random.randint(0, len(one.choices), kernels).astype(float)
        elif one.log:
            observations[name] = np.exp(random.uniform(np.log(one.low), np.log(one.high), kernels))
        elif one.step:
            observations[name] = one.low + one.step * random.randint(
                0, int((one.high - one.low) / one.step) + 1, kernels
            )
        else:
            observations[name] = random.uniform(one.low, one.high, kernels)
        if isinstance(one, IntDistribution):
            observations[name] = np.round(observations[name])
        if kernels > 4:  # both ends, which trials do choose, and a number twice
            edges = [0, 2] if isinstance(one, CategoricalDistribution) else [one.low, one.high]
            observations[name][:4] = [*edges, *edges]
    parameters = _ParzenEstimatorParameters(1.0, True, False, default_weights, True)
    return _ParzenEstimator(observations, {name: SPACE[name] for name in names}, parameters)._mixture_distribution


CASES = [[name] for name in SPACE] + [list(SPACE), ["rate", "choice"], ["depth", "width", "choice"]]


@pytest.mark.parametrize("names", CASES, ids="-".join)
@pytest.mark.parametrize("kernels", [0, 1, 30, 300])
def test_it_draws_the_same_points_from_the_same_random_numbers(names, kernels):
    theirs = mixture_of(kernels, names)
    expected = theirs.sample(np.random.RandomState(7), 200)
    drawn = Mixture(theirs).draw(np.random.RandomState(7), 200)
    np.testing.assert_allclose(drawn, expected, rtol=1e-9)


@pytest.mark.parametrize("names", CASES, ids="-".join)
@pytest.mark.parametrize("kernels", [0, 1, 30, 300])
def test_it_is_as_dense_everywhere(names, kernels):
    theirs = mixture_of(kernels, names)
    points = mixture_of(0, names).sample(np.random.RandomState(8), 200)  # also where no trial is near
    ours = Mixture(theirs)
    np.testing.assert_allclose(ours.log_density(points), theirs.log_pdf(points), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(ours.log_density(points[:50]), theirs.log_pdf(points[:50]), rtol=1e-9, atol=1e-9)
