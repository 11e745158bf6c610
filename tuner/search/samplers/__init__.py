"""Samplers by name, each trial with a seed of its own.

To add one: its settings in `tuner/study/sampler_settings.py`, a function and a line in `kinds.py`, and what does not
fit it in `tuner/study/sampler_fit.py`.
"""

from __future__ import annotations

from tuner.search.samplers.seeded import SeededSampler

__all__ = ["SeededSampler"]
