"""tuner: hyperparameter search for Keras MLPs, built on Optuna."""

from __future__ import annotations

__version__ = "0.1.0"
