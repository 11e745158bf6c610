"""A drawing as one .html file that needs nothing else, not even a network."""

from __future__ import annotations

import html

from tuner.report.schedule_plots.drawing import Drawing
from tuner.report.schedule_plots.needs import needs

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>html, body, body > div {{ height: 100%; margin: 0; }}</style>
</head>
<body>
{figure}
</body>
</html>
"""


def draw_page(drawing: Drawing) -> bytes:
    """A drawing as a page with plotly's program inside: every value is shown under the pointer.

    Raises:
        TunerError: if plotly is not installed.
    """
    with needs("plotly", "an .html drawing"):
        import plotly.graph_objects
        import plotly.io

    figure = plotly.graph_objects.Figure()
    for label, epochs, values in drawing.points():
        figure.add_scatter(
            x=epochs, y=values, name=_text(label), mode="lines+markers", marker={"size": 5}, hovertemplate="%{y:.6g}"
        )
    figure.update_layout(
        title={"text": _text(drawing.title)},
        template="plotly_white",
        hovermode="x unified",
        showlegend=True,
        xaxis={"title": {"text": "epoch"}, "rangemode": "tozero"},
        yaxis={
            "title": {"text": _text(drawing.y_label)},
            "type": "log" if drawing.log_scale else "linear",
            # Otherwise plotly writes 0.0001 as "100u".
            "exponentformat": "power",
        },
    )
    if max(len(values) for _, values in drawing.curves) <= 10:
        figure.update_xaxes(dtick=1)
    body = plotly.io.to_html(
        figure,
        full_html=False,
        include_plotlyjs=True,
        div_id="drawing",
        default_height="100%",
        config={"displaylogo": False, "responsive": True},
    )
    return _PAGE.format(title=html.escape(drawing.title), figure=body).encode()


def _text(text: str) -> str:
    """A text as plotly shows it unchanged: it would read <b> as bold."""
    return html.escape(text, quote=False)
