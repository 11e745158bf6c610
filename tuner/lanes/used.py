"""Which numbers of a lane's arrays its network uses: a program may have room for more."""

from __future__ import annotations

import tensorflow as tf

from tuner.lanes.arrays import TRAINED, Arrays
from tuner.lanes.lane_settings import LaneSettings


def used(room: Arrays, index: int, settings: LaneSettings) -> tf.Tensor:
    """Which numbers of an array are trained: bool, to be broadcast to [lanes, rows, columns].

    Args:
        room: the program's arrays.
        index: of the array.
        settings: of the lanes.
    """
    rows, columns = room.shapes[index]
    widths = [settings.widths[:, layer, None, None] for layer in range(room.depth)]
    row, column = tf.range(rows)[None, :, None], tf.range(columns)[None, None, :]
    names = room.names[index]
    if not names:
        below = row < widths[index - 1] if index > 0 else row < room.features
        numbers = below | (row == rows - 1)
        hidden = index < room.depth
        return numbers & (column < widths[index]) & (index < settings.depths[:, None, None]) if hidden else numbers
    trained = tf.constant([name in TRAINED for name in names])[None, :, None]
    if room.inputs and index == len(room.shapes) - 1:
        return trained & settings.normalizes_inputs[:, None, None]
    is_leak = tf.constant([name == "leak" for name in names])[None, :, None]
    wanted = tf.where(is_leak, settings.is_prelu[:, None, None], settings.normalization[:, None, None] > 0)
    layer = index - room.depth - 1
    return trained & wanted & (column < widths[layer]) & (layer < settings.depths[:, None, None])
