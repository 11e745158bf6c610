"""The training rows, in each epoch in the order that the trial's data order gives."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tuner.data.prepared import FloatArray
from tuner.training.batches import batches
from tuner.training.job import DataOrder
from tuner.training.orders import permutation


class RowOrder(keras.callbacks.Callback):  # type: ignore[misc]
    """Batches of training rows, and the callback that puts them in a new order before each epoch.

    Attributes:
        dataset: one epoch of batches (x float32 [batch, features], y [batch, ...]), with weights float32 [batch] as a
            third if the rows have some; the last one may be smaller. Keras must not be told `steps_per_epoch`: it would
            draw the next epoch's first batches before they are reordered.
    """

    def __init__(
        self, x: FloatArray, y: NDArray[Any], weights: FloatArray | None = None, *, batch_size: int, order: DataOrder
    ) -> None:
        super().__init__()
        self._order = order
        self._rows = len(x)
        with tf.device("CPU:0"):
            self._permutation = tf.Variable(np.arange(self._rows, dtype=np.int32), trainable=False)
        self.dataset = batches(x, y, batch_size, weights=weights, order=self._permutation)

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._permutation.assign(permutation(self._order, epoch, self._rows))
