"""Every optimizer as numbers for one common update rule, so that lanes with different optimizers share a program.

Each weight w has two slots, P ("first") and Q ("second"). In a training step with gradient g,

    Q <- second_keep Q + second_new g^2            (g^2 - Q in place of g^2 if second_pulls)
      or max(second_keep Q, |g|)                   (if second_is_max)
    r  = sqrt(Q + inner_epsilon) + outer_epsilon   (Q in place of the root if second_is_max)
    s  = g / r
    d  = sqrt(P + inner_epsilon) s
    P <- first_keep P + first_new s + first_delta d^2
    w <- w - step_first P - step_scaled s - step_delta d - decay w

where, if divides_late, P gathers g in place of s and is divided by r in the step instead. A term whose coefficient is 0
is absent: it adds nothing even if its value is infinite or no number.

The numbers are those of Keras 3 and are rounded where Keras rounds: a driven momentum, and the powers of beta_1 and
beta_2, are single precision there. So rounded, 1 - 0.999^2 is off by up to 1.5e-5 of itself, and shifts Adam's step.

Source: keras/src/optimizers/*.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tuner.hyperparameters import OptimizerSettings
from tuner.hyperparameters.optimizers import Adadelta, Adagrad, Adam, Adamax, AdamW, Nadam, Rmsprop, Sgd

FloatArray = NDArray[np.float32]

COEFFICIENTS = (
    "second_keep",
    "second_new",
    "second_pulls",
    "second_is_max",
    "inner_epsilon",
    "outer_epsilon",
    "first_keep",
    "first_new",
    "first_delta",
    "divides_late",
    "step_first",
    "step_scaled",
    "step_delta",
    "decay",
)
"""The coefficients in the order of their columns; conditions are 0 or 1."""

COLUMN = {name: index for index, name in enumerate(COEFFICIENTS)}

IDLE: FloatArray = np.zeros(len(COEFFICIENTS), np.float32)
IDLE[[COLUMN["second_keep"], COLUMN["first_keep"], COLUMN["outer_epsilon"]]] = 1
"""A row for an empty lane: its weights and slots stay as they are, whatever they and the gradients are."""

ONE = np.float32(1)
"""For a difference that Keras takes in single precision; `1 - beta_2` of Adam, for one, it takes in double."""


class Memory(NamedTuple):
    """What a lane's optimizer remembers beside its slots.

    Attributes:
        steps: training steps taken.
        momentum_product: Nadam's product of all momenta so far.
    """

    steps: int
    momentum_product: float


FRESH = Memory(steps=0, momentum_product=1.0)


class Now(NamedTuple):
    """What the coefficients of the next steps depend on beside the settings.

    Attributes:
        rate: the learning rate.
        momentum: `momentum` or `beta_1`; 0 for an optimizer that has none.
        numbers: float64 [steps], counted from 1 for a lane's first.
        product: Nadam's product of all momenta before them.
    """

    rate: np.float32
    momentum: np.float32
    numbers: NDArray[np.float64]
    product: float


Columns = dict[str, Any]
"""The coefficients that are not 0: each a number, or float32 [steps]."""


def step_coefficients(
    settings: OptimizerSettings, learning_rate: float, momentum: float | None, memory: Memory, steps: int
) -> tuple[FloatArray, Memory]:
    """The coefficients of a lane's next training steps.

    Args:
        settings: the optimizer.
        learning_rate: of these steps.
        momentum: of these steps; None for the settings' own, and for an optimizer that has none.
        memory: what the lane's optimizer remembers; `FRESH` before its first step.
        steps: how many, 1 or more.
    Returns:
        float32 [steps, C], a column for each of `COEFFICIENTS`; and what the optimizer remembers after these steps.
    """
    if momentum is None:
        own = settings.own_momentum
        momentum = settings.default_momentum if own is None else own
    numbers = np.arange(memory.steps + 1, memory.steps + steps + 1, dtype=np.float64)
    now = Now(np.float32(learning_rate), np.float32(momentum), numbers, memory.momentum_product)
    table = np.zeros((len(COEFFICIENTS), steps), np.float32)
    # A beta that single precision rounds to 1 makes Keras divide by 0; the lane then diverges as its `fit` would.
    with np.errstate(divide="ignore", invalid="ignore"):
        columns, product = RULES[settings.kind](settings, now)
    for name, values in columns.items():
        table[COLUMN[name]] = values
    return table.T, Memory(memory.steps + steps, product)


def initial_slots(settings: OptimizerSettings) -> tuple[float, float]:
    """What the first and the second slot of each weight start from."""
    return 0.0, settings.initial_accumulator if isinstance(settings, Adagrad) else 0.0


def _sgd(settings: Sgd, now: Now) -> tuple[Columns, float]:
    columns = {"outer_epsilon": 1.0, "first_keep": now.momentum, "first_new": now.rate, "divides_late": 1.0}
    ahead = {"step_first": now.momentum, "step_scaled": now.rate} if settings.nesterov else {"step_first": 1.0}
    return {**columns, **ahead}, now.product


def _rmsprop(settings: Rmsprop, now: Now) -> tuple[Columns, float]:
    return {
        "second_keep": settings.rho,
        "second_new": 1 - settings.rho,
        "inner_epsilon": settings.epsilon,
        "first_keep": now.momentum,
        "first_new": now.rate,
        "step_first": 1.0,
    }, now.product


def _adagrad(settings: Adagrad, now: Now) -> tuple[Columns, float]:
    return {
        "second_keep": 1.0,
        "second_new": 1.0,
        "inner_epsilon": settings.epsilon,
        "step_scaled": now.rate,
    }, now.product


def _adadelta(settings: Adadelta, now: Now) -> tuple[Columns, float]:
    return {
        "second_keep": settings.rho,
        "second_new": 1 - settings.rho,
        "inner_epsilon": settings.epsilon,
        "first_keep": settings.rho,
        "first_delta": 1 - settings.rho,
        "step_delta": now.rate,
    }, now.product


def _mean_gradient(now: Now) -> Columns:
    """The first slot of the Adam family, before the bias correction."""
    return {"first_keep": now.momentum, "first_new": ONE - now.momentum, "divides_late": 1.0}


def _mean_square(beta_2_to_1: float | np.float32) -> Columns:
    """The second slot of the Adam family, before the bias correction.

    As Keras does, it is pulled by what beta_2 lacks to 1: in single precision this distance is known much better than
    from beta_2 itself.
    """
    return {"second_keep": 1.0, "second_new": beta_2_to_1, "second_pulls": 1.0}


def _adam(settings: Adam | AdamW, now: Now) -> tuple[Columns, float]:
    root = np.sqrt(1 - _powers(settings.beta_2, now.numbers))
    return {
        **_mean_gradient(now),
        **_mean_square(1 - settings.beta_2),
        "outer_epsilon": settings.epsilon,
        "step_first": now.rate * root / (1 - _powers(now.momentum, now.numbers)),
        "decay": settings.weight_decay * now.rate if isinstance(settings, AdamW) else 0.0,
    }, now.product


def _adamax(settings: Adamax, now: Now) -> tuple[Columns, float]:
    return {
        **_mean_gradient(now),
        "second_keep": settings.beta_2,
        "second_is_max": 1.0,
        "outer_epsilon": settings.epsilon,
        "step_first": now.rate / (1 - _powers(now.momentum, now.numbers)),
    }, now.product


def _nadam(settings: Nadam, now: Now) -> tuple[Columns, float]:
    momenta = now.momentum * (1 - 0.5 * _powers(0.96, np.append(now.numbers, now.numbers[-1] + 1)))
    products = np.float32(now.product) * np.multiply.accumulate(momenta[:-1])
    # Keras divides Q by 1 - beta_2^t under the root; here the root of it multiplies the rate and epsilon.
    root = np.sqrt(1 - _powers(settings.beta_2, now.numbers))
    rate = now.rate * root
    return {
        **_mean_gradient(now),
        **_mean_square(ONE - np.float32(settings.beta_2)),
        "outer_epsilon": settings.epsilon * root,
        "step_first": rate * momenta[1:] / (1 - products * momenta[1:]),
        "step_scaled": rate * (1 - momenta[:-1]) / (1 - products),
    }, float(products[-1])


def _powers(base: float | np.float32, exponents: NDArray[np.float64]) -> FloatArray:
    """The powers of a single-precision base, rounded once; NumPy's own in single precision differ from TensorFlow's."""
    return np.power(np.float64(np.float32(base)), exponents).astype(np.float32)


RULES: Mapping[str, Callable[[Any, Now], tuple[Columns, float]]] = {
    "sgd": _sgd,
    "rmsprop": _rmsprop,
    "adam": _adam,
    "nadam": _nadam,
    "adamax": _adamax,
    "adagrad": _adagrad,
    "adadelta": _adadelta,
    "adamw": _adam,
}
"""The coefficients of every optimizer that are not 0, and Nadam's product of all momenta after the steps."""
