"""Pictures of losses."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from scripts.docs_parts.plots.style import COLORS, panels
from tuner.lanes import class_losses, number_losses
from tuner.lanes.loss_settings import NO_SETTINGS, LossSettings


def losses_of_numbers() -> Figure:
    """Each loss of numbers by the error, and how hard a row pulls by it."""
    figure, (loss, pull) = panels(1, 2, height=2.8)
    error = np.linspace(-3.0, 3.0, 49, dtype=np.float32)
    # The step of mae's slope at 0 is drawn upright.
    error = np.sort(np.append(error, [-0.001, 0.001])).astype(np.float32)
    shown = (
        ("mse", number_losses.mean_squared_error, NO_SETTINGS),
        ("mae", number_losses.mean_absolute_error, NO_SETTINGS),
        ("huber, huber_delta 1", number_losses.huber, LossSettings(delta=tf.constant([1.0]))),
        ("huber, huber_delta 0.3", number_losses.huber, LossSettings(delta=tf.constant([0.3]))),
    )
    for (name, function, own), color in zip(shown, COLORS, strict=False):
        slopes, rows = function(tf.constant(error[np.newaxis, :, np.newaxis]), own)
        loss.plot(error, rows[0], color=color, label=name)
        pull.plot(error, slopes[0, :, 0], color=color, label=name)
    loss.set_title("loss of a row")
    loss.set_ylim(0, 4)
    pull.set_title("its slope")
    pull.set_ylim(-4, 4)
    pull.legend(loc="lower right")
    for panel in (loss, pull):
        panel.set_xlabel("error, in deviations of the target")
    return figure


def losses_of_classes() -> Figure:
    """Each loss of two classes by the probability of the row's class, and cross-entropy of smoothed labels."""
    figure, (losses, smoothed) = panels(1, 2, height=2.8)
    share = np.concatenate(
        [np.geomspace(0.002, 0.1, 16), np.linspace(0.12, 0.9, 30), 1 - np.geomspace(0.08, 0.0005, 16)]
    )
    z = tf.constant(np.log(share / (1 - share))[np.newaxis, :, np.newaxis], tf.float32)
    y = tf.ones([len(share)])
    shown = (
        ("cross_entropy", class_losses.binary_crossentropy),
        ("mse", class_losses.mean_squared_error),
        ("mae", class_losses.mean_absolute_error),
    )
    for (name, function), color in zip(shown, COLORS, strict=False):
        losses.plot(share, function(z, y, NO_SETTINGS)[1][0], color=color, label=name)
    losses.set_title("loss of a row")
    for smoothing, color in zip((0.0, 0.1, 0.3), COLORS, strict=False):
        own = LossSettings(smoothing=tf.constant([smoothing]))
        rows = class_losses.binary_crossentropy(z, y, own)[1]
        smoothed.plot(share, rows[0], color=color, label=f"label_smoothing {smoothing:g}")
    smoothed.set_title("cross_entropy")
    for panel in (losses, smoothed):
        panel.set_ylim(0, 4)
        panel.set_xlim(0, 1)
        panel.set_xlabel("probability of the row's class")
        panel.legend(loc="upper right")
    return figure
