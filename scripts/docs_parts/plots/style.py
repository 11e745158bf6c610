"""How all pictures of the documentation look, and how they become SVG."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import StringIO

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scripts.docs_parts.plots.text import GRID, small

BLUE, RED, GREEN, PURPLE, ORANGE = "#0072b2", "#d55e00", "#009e73", "#aa4499", "#b8860b"
COLORS = (BLUE, RED, GREEN, PURPLE, ORANGE)
"""Of the curves, in order: apart from each other also for those who see fewer colors. After Okabe & Ito 2008."""

INK, PALE = "#333333", "#999999"
WIDTH = 7.5
"""Inches; at 72 points an inch the picture is 540 wide."""

_STYLE = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": PALE,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.formatter.useoffset": False,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.bottom": False,
    "ytick.left": False,
    "xtick.minor.bottom": False,
    "ytick.minor.left": False,
    "lines.linewidth": 1.5,
    "legend.frameon": False,
    "legend.fontsize": 7,
    "legend.handlelength": 1.2,
    "legend.borderaxespad": 0.2,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "svg.fonttype": "none",
    "svg.hashsalt": "tuner",
    # Which points are left out would depend on the last digit of a number.
    "path.simplify": False,
}
"""A white ground of its own, so that a page may be dark."""


def panels(rows: int, columns: int, *, height: float, share: bool = False) -> tuple[Figure, Sequence[Axes]]:
    """A white figure with panels, row by row.

    Args:
        rows, columns: of panels.
        height: of the whole, in inches.
        share: whether all panels have the same axes, written on the outer ones only.
    """
    figure = Figure(figsize=(WIDTH, height))
    axes = figure.subplots(rows, columns, squeeze=False, sharex=share, sharey=share)
    # Distances are stated in inches: what fits does not depend on how wide a machine finds the letters.
    figure.subplots_adjust(
        left=0.65 / WIDTH,
        right=1 - 0.15 / WIDTH,
        bottom=0.45 / height,
        top=1 - 0.3 / height,
        wspace=0.2 if share else 0.28,
        hspace=0.45,
    )
    return figure, list(axes.flat)


def svg(draw: Callable[[], Figure]) -> str:
    """What a function draws, in the style of all pictures: the text of an SVG file, the same whenever it is drawn."""
    text = StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with rc_context(_STYLE):
        draw().savefig(text, format="svg", metadata=nothing)
    return small(text.getvalue())
