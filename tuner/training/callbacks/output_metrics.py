"""Metrics that no sum over rows tells, out of what the network predicts for the validation rows."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np

from tuner.data.prepared import Prepared
from tuner.models.output_metrics import output_metrics
from tuner.training.batches import VALIDATION_BATCH


class OutputMetrics(keras.callbacks.Callback):  # type: ignore[misc]
    """Adds metrics of the validation rows to an epoch's logs, for every callback after it."""

    def __init__(self, names: Sequence[str], prepared: Prepared) -> None:
        """Args: names: of the metrics, without `val_`."""
        super().__init__()
        self._names = names
        self._prepared = prepared

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        prepared = self._prepared
        x, y = prepared.x_validation, prepared.y_validation
        # Called directly, since `predict` would trace another program for every trial.
        batches = [
            keras.ops.convert_to_numpy(self.model(x[start : start + VALIDATION_BATCH], training=False))
            for start in range(0, len(x), VALIDATION_BATCH)
        ]
        outputs = np.concatenate(batches)[np.newaxis]
        found = output_metrics(self._names, prepared.task, outputs, y, prepared.weights_validation)
        logs.update({f"val_{name}": float(value) for name, (value,) in found.items()})
