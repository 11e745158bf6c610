"""Compiled functions for all programs that differ in nothing but their rows, such as those of one table's folds."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace

from tuner.data.prepared import Prepared
from tuner.lanes.graph import BlockFunctions, kind_of_target, validation_batches
from tuner.lanes.signature import Signature


@dataclass(frozen=True)
class Kind:
    """What has to be equal for programs to share their functions.

    Attributes:
        signature: what the lanes share, without the name of the data.
        steps: training steps in an epoch.
        validation: batches of validation rows, and rows in each.
        target: the type of the target, and its shape beside the rows.
        weighted: whether training and validation rows have weights of their own.
    """

    signature: Signature
    steps: int
    validation: tuple[int, int]
    target: tuple[str, tuple[int, ...]]
    weighted: tuple[bool, bool]


def kind_of(signature: Signature, prepared: Prepared) -> Kind:
    """The kind of a program."""
    return Kind(
        replace(signature, data=""),
        steps=math.ceil(len(prepared.x_train) / signature.batch_size),
        validation=validation_batches(len(prepared.x_validation)),
        target=(kind_of_target(signature).__name__, prepared.y_train.shape[1:]),
        weighted=(prepared.weights_train is not None, prepared.weights_validation is not None),
    )


MOST_KEPT = 32
"""Kinds whose functions are kept when their training has ended, those used last."""

_kept: OrderedDict[tuple[Kind, int], BlockFunctions] = OrderedDict()
_keeping = threading.Lock()


def _functions(kind: Kind, block: int) -> tuple[BlockFunctions, bool]:
    """The functions over blocks of exactly that size, and whether they are new.

    What one training had compiled serves the next one in the same process. The block has the size that it would have
    without, since the last digits of numbers may depend on it.
    """
    with _keeping:
        new = (kind, block) not in _kept
        functions = BlockFunctions(kind.signature, block) if new else _kept[kind, block]
        _kept[kind, block] = functions
        _kept.move_to_end((kind, block))
        if len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return functions, new


def forget_functions() -> None:
    """Let the next training have everything compiled anew, as the first one of a process does: for measurements."""
    with _keeping:
        _kept.clear()


class Sharing:
    """The functions of every kind of program of one training."""

    def __init__(self) -> None:
        self._functions: dict[Kind, list[BlockFunctions]] = {}
        self._looking = threading.Lock()

    def functions(self, kind: Kind, block: int) -> tuple[BlockFunctions, bool]:
        """The functions of a kind.

        Args:
            kind: of the program.
            block: how many lanes a block should have. If other programs have blocks of up to twice or down to half as
                many, it gets those: a few idle lanes cost less than compiling anew, and many cost more.
        Returns:
            The functions, and whether they are new.
        """
        with self._looking:
            known = self._functions.setdefault(kind, [])
            near = [each for each in known if each.block <= 2 * block and block <= 2 * each.block]
            if near:
                return min(near, key=lambda each: abs(each.block - block)), False
            functions, new = _functions(kind, block)
            known.append(functions)
            return functions, new
