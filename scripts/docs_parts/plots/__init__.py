"""The pictures of the documentation, drawn out of the package's own code."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from matplotlib.figure import Figure

from scripts.docs_parts.plots import losses, network, noise, optimizers, preprocessing, schedules, training, transfer

PLOTS: Mapping[str, Callable[[], Figure]] = {
    "activations": network.activations,
    "moving-statistics": network.moving_statistics,
    "optimizers": optimizers.optimizers,
    "clipping": optimizers.clipping,
    "schedules": schedules.schedules,
    "warmup": schedules.warmup,
    "plateau": schedules.plateau,
    "momentum": schedules.momentum,
    "noise": noise.noise,
    "mixup": noise.mixup,
    "losses-of-numbers": losses.losses_of_numbers,
    "losses-of-classes": losses.losses_of_classes,
    "early-stopping": training.early_stopping,
    "scalers": preprocessing.scalers,
    "learning-layers": transfer.learning_layers,
}
"""What draws docs/plots/NAME.svg, by name."""
