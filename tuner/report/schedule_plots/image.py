"""A drawing as an image, .png or .svg."""

from __future__ import annotations

from io import BytesIO

from tuner.report.schedule_plots.drawing import Drawing
from tuner.report.schedule_plots.needs import needs


def draw_png(drawing: Drawing) -> bytes:
    """A drawing as a .png image of 1280 x 800 pixels.

    Raises:
        TunerError: if matplotlib is not installed.
    """
    return _draw(drawing, "png")


def draw_svg(drawing: Drawing) -> bytes:
    """A drawing as an .svg image, which stays sharp at every size.

    Raises:
        TunerError: if matplotlib is not installed.
    """
    return _draw(drawing, "svg")


def _draw(drawing: Drawing, kind: str) -> bytes:
    with needs("matplotlib", f"a .{kind} drawing"):
        from matplotlib.figure import Figure
        from matplotlib.ticker import MaxNLocator

    # A Figure by itself, without pyplot: no window, no list of open figures, and safe beside other threads.
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.add_subplot()
    lines = [axes.plot(epochs, values, marker=".")[0] for _, epochs, values in drawing.points()]
    axes.set_title(drawing.title, parse_math=False)
    axes.set_xlabel("epoch")
    axes.set_ylabel(drawing.y_label, parse_math=False)
    axes.set_yscale("log" if drawing.log_scale else "linear")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    # The labels are written in afterwards: matplotlib would leave out one that begins with "_" and read $...$ as a
    # formula.
    legend = axes.legend(lines, [str(index) for index in range(len(lines))])
    for text, (label, _) in zip(legend.get_texts(), drawing.curves, strict=True):
        text.set_parse_math(False)
        text.set_text(label)
    image = BytesIO()
    figure.savefig(image, format=kind, dpi=160)
    return image.getvalue()
