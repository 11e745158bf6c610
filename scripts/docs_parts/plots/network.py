"""Pictures of what happens within a network."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure

from scripts.docs_parts.plots.style import BLUE, COLORS, RED, panels
from tuner.lanes.activations import ACTIVATIONS, Bends
from tuner.lanes.normalization import Normalized, moved


def activations() -> Figure:
    """Every activation and its slope; a prelu that has learnt its own slope below 0."""
    figure, axes = panels(2, 5, height=3.5, share=True)
    # The two sides of 0 are drawn apart, since a slope may jump there.
    side = np.linspace(0.001, 3.0, 19, dtype=np.float32)
    z = tf.constant(np.concatenate([-side[::-1], side]))
    bends = Bends(leak=0.5)
    for panel, (name, activation) in zip(axes, ACTIVATIONS.items(), strict=True):
        a = activation.value(z, bends)
        panel.set_title(name)
        panel.plot(z, a, color=BLUE, label="activation")
        panel.plot(z, activation.slope(z, a, bends), color=RED, linewidth=1.0, linestyle="--", label="slope")
        panel.set_ylim(-2.0, 3.0)
        panel.set_xticks([-2, 0, 2])
        panel.set_yticks([-1, 0, 1, 2])
    axes[0].legend(loc="lower right")
    for panel in axes[5:]:
        panel.set_xlabel("z")
    return figure


def moving_statistics() -> Figure:
    """How soon the moving mean of batch normalization is that of the data, by momentum."""
    figure, (panel,) = panels(1, 1, height=2.4)
    panel.set_title("the moving mean of a batch normalization")
    momenta = (0.8, 0.9, 0.95, 0.99)
    momentum = tf.constant(momenta)
    lanes = tf.ones([len(momenta), 1, 1])
    batch = Normalized(shares=lanes, inverse=lanes, mean=lanes, variance=lanes)
    units, reached = {"mean": 0.0 * lanes, "variance": lanes}, []
    for _ in range(501):
        reached.append(100 * units["mean"][:, 0, 0].numpy())
        units = moved(units, batch, momentum)
    shown = [*range(0, 50, 2), *range(50, 501, 10)]
    for lane, (each, color) in enumerate(zip(momenta, COLORS, strict=False)):
        panel.plot(shown, [reached[step][lane] for step in shown], color=color, label=f"momentum {each:g}")
    panel.set_xlabel("training step")
    panel.set_ylabel("% of the way to the data's")
    panel.legend(loc="lower right")
    return figure
