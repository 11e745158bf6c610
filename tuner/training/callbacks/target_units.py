"""A regression's errors in the target's own units."""

from __future__ import annotations

import keras

IN_TARGET_UNITS = ("rmse", "mae", "val_rmse", "val_mae")


class TargetUnits(keras.callbacks.Callback):  # type: ignore[misc]
    """Scales the errors in an epoch's logs, for itself and for every callback after it."""

    def __init__(self, scale: float) -> None:
        """Args: scale: target units in one unit that the network is trained in."""
        super().__init__()
        self._scale = scale

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        for name in IN_TARGET_UNITS:
            if name in logs:
                logs[name] *= self._scale
