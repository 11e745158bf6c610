"""Pictures of what optimizers do with gradients."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse
from numpy.typing import NDArray

from scripts.docs_parts.plots.style import BLUE, INK, PALE, panels
from tuner.hyperparameters.optimizers import OPTIMIZERS
from tuner.lanes.clipping import KINDS, clipped
from tuner.models.optimizers import build_optimizer

STEEPNESS = np.array([1.0, 12.0], np.float32)
"""Of a valley f = (x^2 + 12 y^2) / 2: along it and across it."""

RATES = {
    "sgd": 0.1, "rmsprop": 0.1, "adam": 0.2, "nadam": 0.2, "adamax": 0.3, "adagrad": 0.6, "adadelta": 1.0, "adamw": 0.2,
}  # fmt: skip
MOMENTUM = {"sgd": 0.6}
STEPS = 40


def optimizers() -> Figure:
    """The way of every optimizer down the same valley."""
    figure, axes = panels(2, 4, height=3.6, share=True)
    for panel, kind in zip(axes, OPTIMIZERS, strict=True):
        momentum = MOMENTUM.get(kind)
        panel.set_title(f"{kind} {RATES[kind]:g}")
        for level in (0.1, 0.7, 1.8):
            width, height = 2 * np.sqrt(2 * level / STEEPNESS)
            panel.add_patch(Ellipse((0, 0), width, height, facecolor="none", edgecolor=PALE, linewidth=0.5))
        way = _way(kind, momentum)
        panel.plot(*way.T, color=BLUE, linewidth=1.0)
        panel.plot(0, 0, color=INK, marker="+", markersize=6)
        panel.set_xticks([])
        panel.set_yticks([])
        panel.set_xlim(-3.0, 1.2)
        panel.set_ylim(-0.9, 1.0)
        if momentum is not None:
            panel.text(-2.2, 0.75, f"momentum {momentum:g}", color=BLUE)
        elif np.abs(way[-1]).max() > 1:
            panel.text(-2.2, 0.75, "begins slowly", color=BLUE)
    return figure


def clipping() -> Figure:
    """Gradients of length 1.8 in all directions, and what a limit of 1 leaves of them."""
    figure, axes = panels(1, 2, height=3.0, share=True)
    around = np.arange(24) * np.pi / 12
    gradients = 1.8 * np.array([np.cos(around), np.sin(around)], np.float32).T
    for panel, kind in zip(axes, ("value", "norm"), strict=True):
        lanes = len(gradients)
        held = clipped(
            [tf.constant(gradients[:, np.newaxis])],
            [[(0, 1)]],
            tf.fill([lanes], KINDS.index(kind)),
            tf.ones([lanes]),
            frozenset({f"clipping_by_{kind}"}),
        )[0][:, 0].numpy()
        for before, after in zip(gradients, held, strict=True):
            panel.plot(*zip(before, after, strict=True), color=PALE, linewidth=0.6)
        panel.plot(*gradients.T, color=PALE, linestyle="", marker="o", markersize=3, label="gradient")
        panel.plot(*held.T, color=BLUE, linestyle="", marker="o", markersize=3.5, label="clipped")
        panel.set_title(kind if kind == "value" else "norm, global_norm")
        panel.set_aspect("equal")
        panel.set_xticks([-1, 0, 1])
        panel.set_yticks([-1, 0, 1])
        panel.set_xlabel("first component")
    axes[0].set_ylabel("second component")
    return figure


def _way(kind: str, momentum: float | None) -> NDArray[np.float32]:
    """Where an optimizer is before each step and after the last one: float32 [STEPS + 1, 2]."""
    settings = OPTIMIZERS[kind](kind=kind, learning_rate=RATES[kind])
    optimizer = build_optimizer(settings, momentum)
    place = keras.Variable(np.array([-2.7, 0.8], np.float32))
    way = [place.value.numpy()]
    for _ in range(STEPS):
        optimizer.apply([tf.constant(way[-1] * STEEPNESS)], [place])
        way.append(place.value.numpy())
    return np.array(way)
