"""A configuration in a few words, for a line on the screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def in_words(hyperparameters: Mapping[str, Any]) -> str:
    """What matters most about a configuration, on one line.

    Args:
        hyperparameters: a dumped `Hyperparameters`; of somebody's own model it tells the settings of its own.
    """
    layers, optimizer = hyperparameters.get("layers"), hyperparameters["optimizer"]
    tables = ("schedule", "warmup", "momentum", "plateau")
    schedule, warmup, momentum, plateau = (hyperparameters.get(name) for name in tables)
    parts = [f"{layers['depth']} x {layers['width']} {layers['activation']}"] if layers else []
    parts += [f"{name} {_short(value)}" for name, value in hyperparameters.get("own", {}).items()]
    parts.append(f"{optimizer['kind']} {optimizer['learning_rate']:.3g}")
    if schedule and schedule["kind"] != "constant":
        alpha = f" {schedule['alpha']:.3g}" if schedule["kind"] == "iir" else ""
        parts.append(schedule["kind"] + alpha)
    if warmup:
        parts.append(f"warm-up {warmup['epochs']}")
    if momentum:
        parts.append("momentum " + _momentum(momentum))
    if plateau:
        parts.append(f"plateau {plateau['patience']}")
    parts += [f"{name} {layers[name]:.2g}" for name in ("dropout", "l1", "l2") if layers and layers[name]]
    return ", ".join([*parts, f"batch {hyperparameters['batch_size']}"])


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _momentum(momentum: Mapping[str, Any]) -> str:
    if momentum["kind"] == "rise":
        return f"{momentum['start']:.2g}..{momentum['maximum']:.3g}"
    return str(momentum["kind"])
