"""A picture of which layers learn when, with transfer and with pre-training."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.docs_parts.plots.style import BLUE, GREEN, PALE, panels
from tuner.hyperparameters import Hyperparameters

TAKEN, FROZEN, PRETRAINED = 2, 10, 5
LAYERS = ("hidden 1", "hidden 2", "hidden 3", "output")


def learning_layers() -> Figure:
    """For each layer of a network of depth 3 the epochs in which it learns."""
    figure, (transfer, pretraining) = panels(1, 2, height=2.2)
    chosen = Hyperparameters.model_validate(
        {
            "epochs": 30,
            "layers": {"depth": len(LAYERS) - 1},
            "transfer": {"model": "models/first.keras", "layers": TAKEN, "frozen_epochs": FROZEN},
            "pretraining": {"epochs": PRETRAINED},
        }
    )
    assert chosen.transfer is not None
    assert chosen.pretraining is not None
    frozen, before, depth = chosen.transfer.frozen_epochs, chosen.pretraining.epochs, chosen.layers.depth
    transfer.set_title(f"transfer.layers {TAKEN}, frozen_epochs {FROZEN}")
    pretraining.set_title(f"pretraining.epochs {PRETRAINED}")
    for layer in range(depth + 1):
        taken = layer < chosen.transfer.layers
        if taken:
            _bar(transfer, layer, 0, frozen, PALE, "frozen")
        _bar(transfer, layer, frozen if taken else 0, chosen.epochs, BLUE, "learns the target")
        if layer < depth:
            _bar(pretraining, layer, (layer - depth) * before, (layer + 1 - depth) * before, GREEN, "input")
        _bar(pretraining, layer, 0, chosen.epochs, BLUE, "learns the target")
    for panel in (transfer, pretraining):
        panel.set_yticks(range(depth + 1), LAYERS)
        panel.set_ylim(depth + 0.6, -0.6)
        panel.set_xlabel("epoch of the trial")
    return figure


def _bar(panel: Axes, layer: int, begin: int, end: int, color: str, words: str) -> None:
    panel.plot([begin, end], [layer, layer], color=color, linewidth=11, solid_capstyle="butt")
    panel.text((begin + end) / 2, layer + 0.12, words, color="white", fontsize=6.5, ha="center")
