"""The numbers by which each optimizer fills in the common update rule."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from tuner.hyperparameters import OPTIMIZERS, OPTIMIZERS_WITH_MOMENTUM, OptimizerSettings
from tuner.lanes.coefficients import (
    COEFFICIENTS,
    FRESH,
    IDLE,
    RULES,
    FloatArray,
    Memory,
    initial_slots,
    step_coefficients,
)

KINDS = sorted(OPTIMIZERS)


def column(table: FloatArray, name: str) -> FloatArray:
    return table[:, COEFFICIENTS.index(name)]


def coefficients(settings: OptimizerSettings, *, momentum: float | None = None, steps: int = 5) -> FloatArray:
    return step_coefficients(settings, settings.learning_rate, momentum, FRESH, steps)[0]


def test_every_optimizer_has_its_rule() -> None:
    assert set(RULES) == set(OPTIMIZERS)


@pytest.mark.parametrize("kind", KINDS)
def test_each_step_has_a_row_of_single_precision(kind: str) -> None:
    table, memory = step_coefficients(OPTIMIZERS[kind](), 0.01, None, FRESH, 7)
    assert table.shape == (7, len(COEFFICIENTS))
    assert table.dtype == np.float32
    assert np.isfinite(table).all()
    assert memory.steps == 7


@pytest.mark.parametrize("kind", KINDS)
def test_steps_in_two_calls_are_the_steps_of_one_call(kind: str) -> None:
    settings = OPTIMIZERS[kind]()
    whole, end = step_coefficients(settings, 0.01, None, FRESH, 10)
    first, middle = step_coefficients(settings, 0.01, None, FRESH, 4)
    second, after = step_coefficients(settings, 0.01, None, middle, 6)
    np.testing.assert_array_equal(np.concatenate([first, second])[:, :-4], whole[:, :-4])
    # Nadam's product is multiplied up in another order.
    np.testing.assert_allclose(np.concatenate([first, second]), whole, rtol=1e-6)
    assert (middle.steps, after.steps) == (4, end.steps)
    assert after.momentum_product == pytest.approx(end.momentum_product, rel=1e-6)


@pytest.mark.parametrize("kind", OPTIMIZERS_WITH_MOMENTUM)
def test_without_a_momentum_the_settings_own_counts(kind: str) -> None:
    settings = OPTIMIZERS[kind]()
    own = settings.model_copy(update={settings.momentum_setting: 0.7})
    np.testing.assert_array_equal(coefficients(own), coefficients(settings, momentum=0.7))
    np.testing.assert_array_equal(coefficients(settings), coefficients(settings, momentum=settings.default_momentum))


def test_adams_first_steps_are_corrected_for_their_bias() -> None:
    table = coefficients(OPTIMIZERS["adam"](learning_rate=0.01, beta_1=0.9, beta_2=0.999), steps=3)
    beta_1, beta_2 = float(np.float32(0.9)), float(np.float32(0.999))
    expected = [0.01 * (1 - beta_2**step) ** 0.5 / (1 - beta_1**step) for step in (1, 2, 3)]
    # 1 - 0.999^2 is 0.002, and a rounding of 3e-8 in the power is 1.5e-5 of it.
    np.testing.assert_allclose(column(table, "step_first"), expected, rtol=2e-5)


def test_powers_are_rounded_to_single_precision_as_in_keras() -> None:
    table = coefficients(OPTIMIZERS["adam"](learning_rate=1.0, beta_1=0.0, beta_2=0.9999), steps=2)
    square = np.float32(np.float64(np.float32(0.9999)) ** 2)
    assert column(table, "step_first")[1] == np.sqrt(np.float32(1) - square)
    assert column(table, "step_first")[1] != np.float32((1 - np.float64(np.float32(0.9999)) ** 2) ** 0.5)


def test_bias_correction_uses_the_present_beta_1_and_all_steps_so_far() -> None:
    table, _ = step_coefficients(OPTIMIZERS["adamax"](), 0.01, 0.5, Memory(2, 1.0), 1)
    assert column(table, "step_first")[0] == pytest.approx(0.01 / (1 - 0.5**3), rel=1e-6)


def test_nadams_product_multiplies_the_momenta_of_their_own_steps() -> None:
    settings = OPTIMIZERS["nadam"]()
    _, before = step_coefficients(settings, 0.01, 0.5, FRESH, 2)
    _, after = step_coefficients(settings, 0.01, 0.9, before, 1)
    warm = [1 - 0.5 * 0.96**step for step in (1, 2, 3)]
    assert before.momentum_product == pytest.approx(0.5 * warm[0] * 0.5 * warm[1], rel=1e-6)
    assert after.momentum_product == pytest.approx(before.momentum_product * 0.9 * warm[2], rel=1e-6)


def test_nadams_product_stays_a_number_in_a_long_training() -> None:
    table, memory = step_coefficients(OPTIMIZERS["nadam"](), 0.01, None, FRESH, 5000)
    assert 0 <= memory.momentum_product < 1e-37
    assert np.isfinite(table).all()


def test_a_beta_that_rounds_to_1_warns_nobody() -> None:
    table = coefficients(OPTIMIZERS["adam"](beta_1=1 - 1e-12))
    assert np.isinf(column(table, "step_first")).all()


def test_only_adamw_decays_weights_and_at_its_rate() -> None:
    tables = {kind: coefficients(OPTIMIZERS[kind](learning_rate=0.5)) for kind in KINDS}
    assert {kind for kind, table in tables.items() if column(table, "decay").any()} == {"adamw"}
    np.testing.assert_allclose(column(tables["adamw"], "decay"), 0.004 * 0.5, rtol=1e-6)


def test_only_adagrads_slot_starts_elsewhere_than_at_0() -> None:
    starts = {kind: initial_slots(OPTIMIZERS[kind]()) for kind in KINDS}
    assert starts.pop("adagrad") == (0.0, 0.1)
    assert set(starts.values()) == {(0.0, 0.0)}


def test_an_idle_row_has_no_step() -> None:
    row = dict(zip(COEFFICIENTS, IDLE.tolist(), strict=True))
    assert IDLE.dtype == np.float32
    assert not any(row[name] for name in ("step_first", "step_scaled", "step_delta", "decay"))


def test_coefficients_need_no_tensorflow() -> None:
    heavy = "import sys, tuner.lanes.coefficients; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", heavy], check=False).returncode == 0
