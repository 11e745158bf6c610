"""A drawing as text: blocks and colours in a terminal, plain ASCII everywhere else."""

from __future__ import annotations

import math
import os
import shutil
import textwrap
from collections.abc import Mapping
from typing import Any, TextIO

from tuner.report.schedule_plots.drawing import Drawing
from tuner.report.schedule_plots.needs import needs
from tuner.report.schedule_plots.ticks import decade_ticks, even_ticks

SYMBOLS = "*+ox#@%&abcdefghijklmnpqrstuvwyz"
"""What the curves are drawn with where there are no colours, in order; the first again after the last."""

COLORS = (12, 10, 9, 14, 13, 11, 4, 2, 1, 6, 5, 3)
"""The colours of the curves: the terminal's own sixteen without black and white, as these fit its background."""

LEAST_WIDTH, LEAST_HEIGHT, LEAST_ROWS = 30, 12, 8
_ASCII_FRAME = str.maketrans("┌┐└┘├┤┬┴┼─│", "+++++++++-|")


def print_drawing(drawing: Drawing, stream: TextIO, environment: Mapping[str, str] = os.environ) -> None:
    """Write a drawing to a stream: as large and colourful as its terminal allows, plain where it is none.

    Args:
        drawing: what to show.
        stream: standard output, or a file.
        environment: read for NO_COLOR and TERM, which can ask for plain text.
    Raises:
        TunerError: if plotext is not installed.
    """
    if not stream.isatty():
        print(draw_text(drawing), file=stream)
        return
    columns, lines = shutil.get_terminal_size()
    dull = bool(environment.get("NO_COLOR")) or environment.get("TERM") == "dumb"
    plain = dull or "utf" not in (stream.encoding or "").lower()
    # Two lines are left for the prompt, so that the title does not scroll away.
    print(draw_text(drawing, width=columns, height=lines - 2, plain=plain), file=stream)


def draw_text(drawing: Drawing, *, width: int = 80, height: int = 24, plain: bool = True) -> str:
    """A drawing as lines of text, the legend below the curves.

    Args:
        drawing: what to show.
        width, height: of the whole text, in characters and lines; what is below 30 x 12 counts as that, and a long
            legend makes the text longer.
        plain: ASCII only and without colours, each curve drawn with a symbol of its own.
    Returns:
        The lines without a last line break.
    Raises:
        TunerError: if plotext is not installed.
    """
    with needs("plotext", "a drawing in the terminal"):
        import plotext

    width, height = max(width, LEAST_WIDTH), max(height, LEAST_HEIGHT)
    legend = _legend(plotext, drawing, width, plain)
    # The screen and the figure are our own: plotext's module-wide ones may be in use by the caller's code.
    screen = type(plotext.terminal)().limit(False, False)
    figure = type(plotext.figure)(parent=screen)
    figure.plot_size(width, max(height - len(legend), LEAST_ROWS))
    figure.theme("colorless")
    figure.title(_printable(drawing.title))
    figure.label("epoch", "x")
    figure.label(_printable(drawing.y_label), "y")
    _set_rulers(figure, drawing, width, height)
    for index, (_, epochs, values) in enumerate(drawing.points()):
        if epochs:
            heights = [math.log10(value) for value in values] if drawing.log_scale else values
            marker = plotext.marker(_symbol(index)) if plain else plotext.marker("hd", COLORS[index % len(COLORS)])
            figure.draw(figure.signal(epochs, heights, marker=marker).lines())
    text: str = figure.build().string(colorless=plain)
    if plain:
        text = text.translate(_ASCII_FRAME)
    lines = [line.rstrip() for line in [*text.rstrip("\n").split("\n"), *legend]]
    text = "\n".join(lines)
    return text.encode("ascii", "replace").decode("ascii") if plain else text


def _set_rulers(figure: Any, drawing: Drawing, width: int, height: int) -> None:
    """Limits and round numbers for both axes: plotext's own ticks are as odd as 0.0405, and fail where a value is 0."""
    drawn = [value for _, _, values in drawing.points() for value in values]
    low, high = min(drawn), max(drawn)
    last_epoch = max(epochs[-1] for _, epochs, _ in drawing.points() if epochs)
    if drawing.log_scale:
        ticks = decade_ticks(low, high)
        positions = [math.log10(tick) for tick in ticks]
        bottom, top = math.log10(low), math.log10(high)
    else:
        ticks = even_ticks(low, high, height // 4)
        positions = ticks
        bottom, top = low, high
    if bottom == top:
        bottom, top = bottom - 1, top + 1
    figure.ruler("y").lim(bottom, top)
    figure.ruler("y").ticks(positions, [f"{tick:.6g}" for tick in ticks])
    epochs = [int(epoch) for epoch in even_ticks(0, last_epoch, min(last_epoch, width // 8))]
    figure.ruler("x").lim(0, max(last_epoch, 1))
    figure.ruler("x").ticks(epochs, [str(epoch) for epoch in epochs])


def _legend(plotext: Any, drawing: Drawing, width: int, plain: bool) -> list[str]:
    """The legend's lines: below the curves, where it hides none of them."""
    # A label is kept in one piece by standing in for its blanks while the lines are filled.
    glue = "\x00"
    keys = [_symbol(index) if plain else "━━" for index in range(len(drawing.curves))]
    items = [f"{key}{glue}{_printable(label)}" for key, (label, _) in zip(keys, drawing.curves, strict=True)]
    joined = "   ".join(item.replace(" ", glue) for item in items)
    lines = textwrap.wrap(joined, width - 2, break_long_words=False, break_on_hyphens=False)
    if not plain:
        lines = _colored(plotext, lines)
    return [" " + line.replace(glue, " ") for line in lines]


def _colored(plotext: Any, lines: list[str]) -> list[str]:
    """The legend's lines with each key in its curve's colour."""
    colored, index = [], 0
    for line in lines:
        before, *items = line.split("━━\x00")
        for item in items:
            key = plotext.colorize("━━").fill(COLORS[index % len(COLORS)]).string()
            before, index = f"{before}{key}\x00{item}", index + 1
        colored.append(before)
    return colored


def _symbol(index: int) -> str:
    return SYMBOLS[index % len(SYMBOLS)]


def _printable(text: str) -> str:
    """A text without what would move a terminal's cursor."""
    return "".join(character if character.isprintable() else "?" for character in text)
