from __future__ import annotations

import pytest

from tuner.hyperparameters import Hyperparameters
from tuner.report.words import in_words


def words(**changes: object) -> str:
    stated = {
        "epochs": 10,
        "layers": {"depth": 2, "width": 64, "activation": "elu"},
        "optimizer": {"kind": "sgd", "learning_rate": 0.012345},
        **changes,
    }
    return in_words(Hyperparameters.model_validate(stated).model_dump())


def test_the_least_is_network_optimizer_and_batch():
    assert words(batch_size=32) == "2 x 64 elu, sgd 0.0123, batch 32"


def test_what_is_switched_on_is_named():
    said = words(
        layers={"depth": 1, "width": 8, "dropout": 0.25, "l1": 1e-5, "l2": 0.0},
        schedule={"kind": "iir", "alpha": 0.9, "minimum": 1e-5},
        warmup={"epochs": 3},
        momentum={"kind": "rise", "start": 0.5, "maximum": 0.95, "step": 0.01},
        plateau={"patience": 3, "factor": 0.5},
    )
    assert said.startswith("1 x 8 relu, sgd 0.0123, iir 0.9, warm-up 3, momentum 0.5..0.95, plateau 3, dropout 0.25, ")
    assert "l1 1e-05" in said
    assert "l2" not in said


@pytest.mark.parametrize(
    ("schedule", "word"), [({"kind": "constant"}, "constant"), ({"kind": "cosine", "minimum": 1e-5}, "cosine")]
)
def test_a_constant_schedule_needs_no_word(schedule, word):
    assert (word in words(schedule=schedule)) is (word != "constant")


def test_a_constant_momentum_is_named_by_its_kind():
    assert "momentum constant" in words(momentum={"kind": "constant", "initial": 0.9})
