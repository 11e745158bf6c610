"""Programs of the same shapes have the same functions, if their blocks are about as large."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.contracts.small_tables import prepared
from tests.contracts.trainer import BATCH
from tuner.data.prepared import Prepared
from tuner.lanes.sharing import MOST_KEPT, Sharing, forget_functions, kind_of
from tuner.lanes.signature import Signature

SIGNATURE = Signature("main/0.0", "multiclass", 4, 3, "sparse_categorical_crossentropy", BATCH, 1, False, 8, ("relu",))


def rows(train: int, validation: int) -> Prepared:
    x, y = np.zeros((train + validation, 4), np.float32), np.zeros(train + validation, np.int32)
    return replace(prepared(), x_train=x[:train], y_train=y[:train], x_validation=x[train:], y_validation=y[train:])


def test_folds_of_almost_equal_size_are_of_one_kind() -> None:
    fold = kind_of(SIGNATURE, rows(95, 23))
    assert kind_of(replace(SIGNATURE, data="main/0.1"), rows(94, 24)) == fold


@pytest.mark.parametrize("other", [rows(97, 23), rows(95, 25), rows(95, 200)])
def test_other_numbers_of_steps_or_batches_are_another_kind(other: Prepared) -> None:
    assert kind_of(SIGNATURE, other) != kind_of(SIGNATURE, rows(95, 23))


def test_another_network_is_another_kind() -> None:
    data = rows(95, 23)
    assert kind_of(replace(SIGNATURE, width=16), data) != kind_of(SIGNATURE, data)


@pytest.fixture(autouse=True)
def nothing_is_compiled_yet() -> None:
    forget_functions()


def test_blocks_of_up_to_twice_the_size_are_shared_and_larger_ones_are_not() -> None:
    sharing, kind = Sharing(), kind_of(SIGNATURE, rows(95, 23))
    first, new = sharing.functions(kind, 4)
    assert (first.block, new) == (4, True)
    assert [sharing.functions(kind, block) for block in (2, 4, 8)] == [(first, False)] * 3
    second, new = sharing.functions(kind, 1)
    assert (second.block, new) == (1, True)
    assert sharing.functions(kind, 1) == (second, False)
    assert sharing.functions(replace(kind, steps=9), 4)[1]


def test_a_training_gets_what_an_earlier_one_had_compiled_for_blocks_of_the_same_size() -> None:
    kind = kind_of(SIGNATURE, rows(250, 23))
    first, new = Sharing().functions(kind, 4)
    assert new
    assert Sharing().functions(kind, 4) == (first, False)
    other, new = Sharing().functions(kind, 2)
    assert (other.block, new) == (2, True), "the size of a block must not depend on what was trained before"


def test_only_what_was_used_last_is_kept() -> None:
    kinds = [replace(kind_of(SIGNATURE, rows(95, 23)), steps=1000 + number) for number in range(MOST_KEPT + 1)]
    for kind in kinds:
        Sharing().functions(kind, 4)
    assert not Sharing().functions(kinds[-1], 4)[1]
    assert Sharing().functions(kinds[0], 4)[1]
