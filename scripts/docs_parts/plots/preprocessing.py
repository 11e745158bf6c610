"""A picture of the scalers."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from scipy.stats import norm

from scripts.docs_parts.plots.style import BLUE, panels
from tuner.data.preprocess import SCALERS

ROWS = 400


def scalers() -> Figure:
    """What each scaler makes of one column that is skewed and has an outlier."""
    figure, axes = panels(1, len(SCALERS), height=2.1)
    figure.subplots_adjust(wspace=0.35)
    column = np.append(np.exp(0.6 * norm.ppf((np.arange(ROWS) + 0.5) / ROWS)), 12.0)[:, np.newaxis]
    for panel, (name, scaler) in zip(axes, SCALERS.items(), strict=True):
        scaled = scaler(len(column)).fit_transform(column)[:, 0]
        panel.set_title(name)
        counts, edges = np.histogram(scaled, 40)
        panel.stairs(counts, edges, color=BLUE, fill=True)
        panel.set_yticks([])
        panel.set_xlabel("input")
    axes[0].set_ylabel("rows")
    return figure
