"""Pictures of noise that is annealed, and of the shares of mixup."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from scripts.docs_parts.plots.style import COLORS, panels
from tuner.hyperparameters import Hyperparameters
from tuner.hyperparameters.gradient_noise import Annealed
from tuner.schedules import values
from tuner.training.mixup import shares_of

EPOCHS, STEPS = 40, 1000


def noise() -> Figure:
    """How noise becomes less: from epoch to epoch, and from step to step."""
    figure, (by_epoch, by_step) = panels(1, 2, height=2.6)
    by_epoch.set_title("on a schedule, initial 0.3")
    stated = (("linear", {}), ("cosine", {}), ("exponential", {"rate": 0.85}))
    for (kind, settings), color in zip(stated, COLORS, strict=False):
        table = {"kind": kind, "initial": 0.3, **settings}
        curve = Hyperparameters.model_validate({"epochs": EPOCHS, "activation_noise": table}).activation_noise_curve()
        assert curve is not None
        by_epoch.plot(
            values(curve, EPOCHS), color=color, label=" ".join([kind, *(f"{n} {v}" for n, v in settings.items())])
        )
    by_epoch.set_xlabel("epoch")
    by_epoch.set_ylabel("standard deviation")
    by_epoch.legend(loc="upper right")
    by_step.set_title("gradient_noise, kind annealed")
    steps = np.concatenate([np.arange(20), np.arange(20, STEPS + 1, 20)])
    for (eta, gamma), color in zip(((1.0, 0.55), (0.01, 0.55), (0.01, 1.0)), COLORS, strict=False):
        annealed = Annealed(eta=eta, gamma=gamma)
        level = annealed.build(last_epoch=EPOCHS - 1).value(0)
        by_step.plot(steps, level / (1.0 + steps) ** annealed.decay, color=color, label=f"eta {eta:g}, gamma {gamma:g}")
    by_step.set_yscale("log")
    by_step.yaxis.set_major_formatter("{x:g}")
    by_step.set_ylim(2e-3, 2)
    by_step.set_xlabel("training step")
    by_step.legend(loc="upper right")
    return figure


def mixup() -> Figure:
    """What shares mixup draws."""
    figure, (panel,) = panels(1, 1, height=2.4)
    panel.set_title("shares out of Beta(mixup, mixup)")
    bins = 20
    for alpha, color in zip((0.1, 0.4, 1.0), COLORS, strict=False):
        counts, edges = np.histogram(shares_of(alpha, seed=0, epoch=0, steps=50_000), bins, (0.0, 1.0))
        panel.stairs(
            100 * counts / counts.sum(), edges, color=color, baseline=None, linewidth=1.5, label=f"mixup {alpha:g}"
        )
    panel.set_xlabel("share of a row in the mixture; the other row has the rest")
    panel.set_ylabel("% of training steps")
    panel.set_xlim(0, 1)
    panel.legend(loc="upper center")
    return figure
