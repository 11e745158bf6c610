"""Each technique under both trainers: K lanes give the numbers of K separate Keras `fit` runs.

In one program are lanes with and without the technique, of other depths and widths than it has room for, and with all
optimizers. See `test_lane_parity` for what is compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.contracts.small_tables import prepared
from tests.contracts.trainer import job
from tests.training.test_lane_parity import OWN, RATES, check_equal, trained_twice
from tuner.lanes.signature import Expected
from tuner.lanes.techniques import techniques_of
from tuner.training.job import MAIN_DATA, Job

NORMALIZED = {"momentum": 0.7, "epsilon": 0.01}

OFF = {"kind": "constant", "initial": 0.0}

VARIANTS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "normalization": [
        {"normalization": {"kind": "before", **NORMALIZED}, "inputs": {"normalization": True}},
        {"normalization": {"kind": "after", **NORMALIZED}},
        {},
    ],
    "clipping": [
        {"clipping": {"kind": "value", "limit": 0.02}},
        {"clipping": {"kind": "norm", "limit": 0.05}, "normalization": {"kind": "before", **NORMALIZED}},
        {"clipping": {"kind": "global_norm", "limit": 0.1}, "inputs": {"normalization": True}},
        {},
    ],
    "mixup": [
        {"inputs": {"mixup": 0.4}},
        {"inputs": {"mixup": 1.0}, "class_weights": "balanced", "loss": "cross_entropy"},
    ],
    "bends": [
        {"layers": {"activation": "prelu"}, "clipping": {"kind": "norm", "limit": 0.1}},
        {"layers": {"activation": "leaky_relu", "leaky_slope": 0.01}},
        {"layers": {"activation": "elu", "elu_alpha": 0.3}},
    ],
    "widths": [
        {"layers": {"depth": 3, "width": 8, "width_2": 5, "width_3": 7, "activation": "sigmoid"}},
        {"layers": {"depth": 2, "width": 3, "width_2": 8, "dropout_kind": "alpha"}, "normalization": {"kind": "after"}},
        {
            "layers": {"depth": 3, "width": 4, "width_3": 6, "activation": "prelu"},
            "clipping": {"kind": "norm", "limit": 0.1},
        },
        {"layers": {"depth": 1, "width": 6}},
    ],
    "off": [
        {"gradient_noise": OFF, "activation_noise": OFF, "inputs": {"noise": 0.0}, "layers": {"dropout_kind": "alpha"}},
    ],
}
"""For each group of techniques the configurations that go round."""

ACTIVATIONS = ("relu", "gelu")


def jobs_of(variants: Sequence[Mapping[str, Any]]) -> list[Job]:
    """Each variant with some optimizers, depths, widths and activations."""
    jobs = []
    for number, variant in enumerate(variants):
        kind, rate = list(RATES.items())[number % len(RATES)]
        layers = {
            "depth": 1 + number % 2,
            "width": (8, 5, 7)[number // 2 % 3],
            "activation": ACTIVATIONS[number % 2],
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
    jobs = jobs_of(VARIANTS[group])
    # One program for all of them, with more room than most need.
    expected = Expected(
        depths=(max(each.hyperparameters.layers.depth for each in jobs),),
        widths=(8,),
        shallow=(2, 3),
        activations=tuple(dict.fromkeys(each.hyperparameters.layers.activation for each in jobs)),
        techniques=frozenset({"penalties"}).union(*(techniques_of(each.hyperparameters) for each in jobs)),
    )
    check_equal(trained_twice(jobs, {MAIN_DATA: prepared()}, lanes=8, expected=expected), capsys)
