"""In which order a trial sees the training rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tuner.seeds import derive_seed
from tuner.training.job import DataOrder


def permutation(order: DataOrder, epoch: int, rows: int) -> NDArray[np.int32]:
    """The order of the training rows in one epoch of one trial.

    Two trials of one stream see the same order in the same epoch of the stream. The order is a stable sort of raw bits,
    because NumPy promises its bit streams for every platform and version, but not its shuffles.

    Args:
        order: the trial's stream, and where the trial came in.
        epoch: the trial's own epoch, counted from 0.
        rows: how many rows there are.
    Returns:
        int32 [rows], each number from 0 to rows - 1 once.
    """
    seed = derive_seed(order.seed, "order", order.stream, order.first_epoch + epoch)
    bits = np.random.PCG64(seed).random_raw(rows)
    return np.argsort(bits, kind="stable").astype(np.int32)
