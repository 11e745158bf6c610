"""Each technique under both trainers: K lanes give the numbers of K separate Keras `fit` runs.

In one program are lanes with and without the technique, of other depths and widths than it has room for, and with all
optimizers. See `test_lane_parity` for what is compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.contracts.trainer import job, prepared
from tests.training.test_lane_parity import OWN, RATES, check_equal, trained_twice
from tuner.lanes.signature import Expected
from tuner.lanes.techniques import TECHNIQUES
from tuner.training.job import MAIN_DATA, Job

NORMALIZED = {"momentum": 0.7, "epsilon": 0.01}

VARIANTS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "normalization": [
        {"normalization": {"kind": "before", **NORMALIZED}},
        {"normalization": {"kind": "after", **NORMALIZED}},
        {"normalization": {"kind": "before"}, "inputs": {"normalization": True}},
        {"inputs": {"normalization": True}},
        {},
    ],
    "clipping": [
        {"clipping": {"kind": "value", "limit": 0.02}},
        {"clipping": {"kind": "norm", "limit": 0.05}, "normalization": {"kind": "before", **NORMALIZED}},
        {"clipping": {"kind": "global_norm", "limit": 0.1}, "normalization": {"kind": "after", **NORMALIZED}},
        {"clipping": {"kind": "norm", "limit": 0.05}, "inputs": {"normalization": True}},
        {},
    ],
    "mixup": [
        {"inputs": {"mixup": 0.4}},
        {"inputs": {"mixup": 1.0}, "class_weights": "balanced", "loss": "cross_entropy"},
        {},
    ],
    "bends": [
        {"layers": {"activation": "prelu"}, "clipping": {"kind": "norm", "limit": 0.1}},
        {"layers": {"activation": "prelu"}, "normalization": {"kind": "before", **NORMALIZED}},
        {"layers": {"activation": "leaky_relu", "leaky_slope": 0.01}},
        {"layers": {"activation": "elu", "elu_alpha": 0.3}},
        {"layers": {"activation": "elu"}},
    ],
}
"""For each group of techniques the configurations that go round."""

ACTIVATIONS = ("relu", "sigmoid", "gelu", "prelu", "leaky_relu", "elu")


def jobs_of(variants: Sequence[Mapping[str, Any]]) -> list[Job]:
    """Each variant with some optimizers, depths, widths and activations."""
    jobs = []
    for number, variant in enumerate(variants):
        kind, rate = list(RATES.items())[number % len(RATES)]
        layers = {
            "depth": 1 + number % 3,
            "width": (8, 5, 7)[number // 2 % 3],
            "activation": ACTIVATIONS[number % 3],
            **({"l2": 0.01} if number % 4 == 0 else {}),
            **variant.get("layers", {}),
        }
        jobs.append(
            job(
                number,
                seed=number,
                epochs=2 + number % 3,
                **{**variant, "layers": layers},
                optimizer={"kind": kind, **rate, **OWN[kind]},
            )
        )
    return jobs


@pytest.mark.parametrize("group", VARIANTS)
def test_a_technique_gives_the_numbers_of_keras(group: str, capsys: pytest.CaptureFixture[str]) -> None:
    expected = Expected(
        depths=(3,), widths=(8,), shallow=(3,), activations=ACTIVATIONS, techniques=frozenset({"penalties"})
    )
    both = trained_twice(jobs_of(VARIANTS[group]), {MAIN_DATA: prepared()}, lanes=8, expected=expected)
    check_equal(both, capsys)


def test_all_techniques_in_one_program_leave_the_plain_network_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    everything = Expected(
        depths=(3,), widths=(8,), shallow=(3,), activations=ACTIVATIONS, techniques=frozenset(TECHNIQUES)
    )
    off = {"kind": "constant", "initial": 0.0}
    plain = jobs_of([{}, {"gradient_noise": off, "activation_noise": off, "layers": {"dropout_kind": "alpha"}}])
    check_equal(trained_twice(plain, {MAIN_DATA: prepared()}, lanes=8, expected=everything), capsys)
