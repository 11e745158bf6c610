"""Pictures of schedules, each built as a study file states it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from scripts.docs_parts.plots.style import BLUE, COLORS, INK, RED, panels
from tuner.hyperparameters import Hyperparameters
from tuner.hyperparameters.curves import LEARNING_RATE_SCHEDULES
from tuner.schedules import values

EPOCHS = 40

SHOWN: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "constant": [{}],
    "iir": [{"alpha": 0.95}, {"alpha": 0.85}, {"alpha": 0.5}],
    "exponential": [{"rate": 0.9}, {"rate": 0.5, "every": 8, "staircase": True}],
    "linear": [{}, {"end": 0.02, "span": 20}, {"decrement": 0.02, "every": 8}],
    "power": [{"exponent": 0.5}, {"exponent": 1.0}, {"exponent": 2.0}],
    "cosine": [{}, {"minimum": 0.01, "span": 25}],
    "cosine_restarts": [{"growth": 1}, {"growth": 3, "decay": 0.6}],
    "one_cycle": [{}, {"shape": "linear"}],
    "piecewise": [{"boundaries": [10, 25], "values": [0.04, 0.01]}],
}
"""Of each kind the settings that are drawn; a kind without a line here is a mistake."""


def schedules() -> Figure:
    """Every kind of schedule that a learning rate can follow."""
    figure, axes = panels(3, 3, height=5.4, share=True)
    for panel, (kind, table) in zip(axes, LEARNING_RATE_SCHEDULES.items(), strict=True):
        panel.set_title(kind)
        panel.set_xticks([0, 20, 40])
        panel.set_yticks([0, 0.05, 0.1])
        panel.set_ylim(-0.004, 0.15)
        initial = 0.01 if kind == "one_cycle" else 0.1
        for settings, color in zip(SHOWN[kind], COLORS, strict=False):
            curve = table.model_validate(settings).build(last_epoch=EPOCHS - 1, initial=initial)
            panel.plot(values(curve, EPOCHS), color=color, label=_in_words(settings))
        if any(SHOWN[kind]) and kind != "piecewise":
            panel.legend(loc="upper right")
    for panel in axes[::3]:
        panel.set_ylabel("learning rate")
    for panel in axes[-3:]:
        panel.set_xlabel("epoch")
    return figure


def warmup() -> Figure:
    """A warm-up in front of two curves."""
    figure, axes = panels(1, 2, height=2.4, share=True)
    for panel, kind in zip(axes, ("constant", "cosine"), strict=True):
        panel.set_title(kind)
        panel.plot(_rates(schedule={"kind": kind}), color=RED, label="alone")
        panel.plot(_rates(schedule={"kind": kind}, warmup={"epochs": 8}), color=BLUE, label="behind a warm-up of 8")
        panel.set_xlabel("epoch")
        panel.set_ylim(-0.004, 0.145)
        panel.set_yticks([0, 0.05, 0.1])
        panel.legend(loc="upper right")
    axes[0].set_ylabel("learning rate")
    return figure


def plateau() -> Figure:
    """A metric that stands still twice, and what a plateau makes of two curves meanwhile."""
    figure, axes = panels(2, 1, height=3.6)
    metrics = _standing_still()
    axes[0].set_title("the metric, made up")
    axes[0].plot(metrics, color=INK)
    axes[0].set_ylabel("val_log_loss")
    axes[0].tick_params(labelbottom=False)
    axes[1].set_title("plateau with patience 5 and factor 0.5")
    for kind, color in (("constant", BLUE), ("cosine", RED)):
        stated = {"patience": 5, "factor": 0.5}
        axes[1].plot(_rates(metrics, schedule={"kind": kind}, plateau=stated), color=color, label=f"on {kind}")
        axes[1].plot(_rates(schedule={"kind": kind}), color=color, linewidth=0.8, linestyle=":", label=f"{kind} alone")
    axes[1].set_ylabel("learning rate")
    axes[1].set_xlabel("epoch")
    axes[1].set_ylim(-0.002, 0.11)
    axes[1].set_yticks([0, 0.05, 0.1])
    axes[1].legend(loc="lower left")
    return figure


def momentum() -> Figure:
    """Two ways for a momentum to go while the learning rate goes the other way."""
    figure, axes = panels(2, 2, height=3.6)
    pairs = (
        (
            {"kind": "one_cycle", "peak_factor": 10.0},
            {"kind": "one_cycle", "initial": 0.95, "peak_factor": 0.9, "end": 0.95},
        ),
        ({"kind": "exponential", "rate": 0.85}, {"kind": "rise", "start": 0.5, "maximum": 0.95, "step": 0.02}),
    )
    for column, (schedule, stated) in enumerate(pairs):
        rate, driven = axes[column], axes[2 + column]
        optimizer = {"kind": "sgd", "learning_rate": 0.01 if schedule["kind"] == "one_cycle" else 0.1}
        chosen = Hyperparameters.model_validate(
            {"epochs": EPOCHS, "optimizer": optimizer, "schedule": schedule, "momentum": stated}
        )
        curve = chosen.momentum_schedule()
        assert curve is not None
        rate.set_title(f"schedule {schedule['kind']}")
        rate.set_yticks([0, 0.05, 0.1])
        rate.tick_params(labelbottom=False)
        rate.plot(values(chosen.learning_rate_schedule("minimize"), EPOCHS), color=BLUE)
        driven.set_title(f"momentum {stated['kind']}")
        driven.plot(values(curve, EPOCHS), color=RED)
        driven.set_ylim(0.45, 1.0)
        driven.set_xlabel("epoch")
    axes[0].set_ylabel("learning rate")
    axes[2].set_ylabel("momentum")
    return figure


def _rates(metrics: Sequence[float] | None = None, **stated: Any) -> list[float]:
    """Learning rates from 0.1 on."""
    chosen = Hyperparameters.model_validate(
        {"epochs": EPOCHS, "optimizer": {"kind": "sgd", "learning_rate": 0.1}, **stated}
    )
    return values(chosen.learning_rate_schedule("minimize"), EPOCHS, None if metrics is None else iter(metrics))


def _standing_still() -> list[float]:
    """A metric that falls until epoch 8, and from 16 to 21."""
    ripple = (0.006, 0.009, 0.004, 0.0, 0.012)
    falls = [0.9 - 0.05 * min(epoch, 8) - 0.03 * max(0, min(epoch, 21) - 16) for epoch in range(EPOCHS)]
    return [fall + ripple[epoch % 5] for epoch, fall in enumerate(falls)]


def _in_words(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {str(value).lower()}" for name, value in settings.items()) or "defaults"
