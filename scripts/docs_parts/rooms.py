"""Which page is the room of which hyperparameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tuner.hyperparameters import Hyperparameters

ROOMS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "network.md": ("The network", ("layers", "normalization")),
    "optimizers.md": ("Optimizers", ("optimizer", "clipping")),
    "schedules.md": ("Schedules", ("schedule", "warmup", "plateau", "momentum")),
    "noise.md": ("Noise and mixup", ("inputs", "activation_noise", "gradient_noise")),
    "losses.md": ("Losses", ("loss", "huber_delta", "label_smoothing", "class_weights")),
    "training-length.md": ("Training length", ("batch_size", "epochs", "early_stopping")),
    "transfer.md": ("Transfer and pre-training", ("transfer", "pretraining")),
    "tables.md": ("Tables", ("preprocessing",)),
}
"""Of each page its title, and which tables and settings of [hyperparameters] it explains."""


def room_of(name: str) -> tuple[str, str]:
    """The page that explains a table or setting of [hyperparameters], and its title."""
    (found,) = ((page, title) for page, (title, names) in ROOMS.items() if name in names)
    return found


def misplaced(known: Iterable[str] = Hyperparameters.model_fields) -> list[str]:
    """What has no room, has several, or is in one and not among the hyperparameters, each as a sentence."""
    placed = [name for _, names in ROOMS.values() for name in names]
    counts = {name: placed.count(name) for name in dict.fromkeys([*known, *placed])}
    return [
        *(f"{name} has {count} rooms in scripts/docs_parts/rooms.py" for name, count in counts.items() if count != 1),
        *(f"{name} is no hyperparameter" for name in placed if name not in known),
    ]
