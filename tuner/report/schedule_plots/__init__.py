"""Schedules as pictures, to be looked at before a search is spent on them: in the terminal, as a page, as an image."""

from __future__ import annotations

from tuner.report.schedule_plots.drawing import Drawing
from tuner.report.schedule_plots.save import WRITERS, save
from tuner.report.schedule_plots.terminal import draw_text, print_drawing

__all__ = ["WRITERS", "Drawing", "draw_text", "print_drawing", "save"]
