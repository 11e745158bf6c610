"""Compiled functions for all programs that differ in nothing but their rows, such as those of one table's folds."""

from __future__ import annotations

import math
import threading
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


class Sharing:
    """The functions of every kind of program; they are kept as long as this is."""

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
            known.append(BlockFunctions(kind.signature, block))
            return known[-1], True
