from __future__ import annotations

import io
import sys

import pytest

from tuner.errors import TunerError
from tuner.report.schedule_plots import Drawing, draw_text, print_drawing
from tuner.report.schedule_plots.terminal import SYMBOLS
from tuner.schedules import Constant, Iir, Linear, values

ALPHAS = (0.9, 0.75, 0.5, 0.25, 0.1)


def classical(log_scale: bool = False) -> Drawing:
    curves = [(f"alpha = {alpha}", values(Iir(initial=0.3, minimum=1e-4, alpha=alpha), 30)) for alpha in ALPHAS]
    return Drawing(title="the classical picture", y_label="learning rate", curves=curves, log_scale=log_scale)


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("log_scale", [False, True])
def test_plain_text_is_ascii_and_has_a_title_labels_and_a_legend(log_scale):
    text = draw_text(classical(log_scale))
    assert text.isascii()
    assert text.replace("\n", "").isprintable()
    for words in ("the classical picture", "learning rate", "epoch", *(f"alpha = {alpha}" for alpha in ALPHAS)):
        assert words in text


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (50, 20)])
def test_text_fits_the_width_and_the_height(width, height):
    lines = draw_text(classical(), width=width, height=height).splitlines()
    assert max(len(line) for line in lines) <= width
    assert len(lines) == height


def test_a_very_small_terminal_gets_the_smallest_text_that_can_be_read():
    lines = draw_text(classical(), width=1, height=1).splitlines()
    assert 20 < max(len(line) for line in lines) <= 30


def test_each_curve_has_a_symbol_of_its_own_and_a_slower_decay_is_drawn_above_a_faster_one():
    lines = draw_text(classical(log_scale=True)).splitlines()
    downwards = [line[16] for line in lines[2:-4] if line[16] not in "- "]
    assert list(dict.fromkeys(downwards)) == list(SYMBOLS[:5])


def test_a_log_scale_is_marked_at_powers_of_ten():
    ticks = [line.split("+")[0].strip() for line in draw_text(classical(log_scale=True)).splitlines()]
    assert [tick for tick in ticks if tick.startswith("0.")] == ["0.1", "0.01", "0.001", "0.0001"]


def test_a_terminal_gets_colours_and_blocks():
    text = draw_text(classical(), plain=False)
    assert "\x1b[38;5;12m" in text
    assert "━━" in text
    assert "alpha = 0.75" in text


@pytest.mark.parametrize(
    "schedule", [Constant(initial=0.1), Constant(initial=0.0), Linear(initial=0.1, span=2, end=0.0)]
)
@pytest.mark.parametrize("epochs", [1, 2, 30])
def test_flat_short_and_vanishing_curves_can_be_drawn(schedule, epochs):
    drawing = Drawing(title="t", y_label="y", curves=[("a", values(schedule, epochs))])
    assert "* a" in draw_text(drawing)


@pytest.mark.parametrize("curve", [[0.1], [0.1, 0.1], [0.1, 0.0, 0.0], [0.0, 0.1], [0.22, 0.23]])
def test_flat_short_and_vanishing_curves_can_be_drawn_on_a_log_scale(curve):
    drawing = Drawing(title="t", y_label="y", curves=[("a", curve), ("none", [0.0])], log_scale=True)
    text = draw_text(drawing)
    assert "* a" in text
    assert "+ none" in text


def test_a_label_cannot_move_the_cursor_and_foreign_letters_are_replaced_in_plain_text():
    drawing = Drawing(title="a\x1b[2Jb", y_label="Lernräte", curves=[("x\ny", [0.1, 0.2])])
    plain = draw_text(drawing)
    assert "a?[2Jb" in plain
    assert "Lernr?te" in plain
    assert "* x?y" in plain
    assert "Lernräte" in draw_text(drawing, plain=False)


def test_a_file_gets_plain_text():
    stream = io.StringIO()
    print_drawing(classical(), stream)
    assert stream.getvalue() == draw_text(classical()) + "\n"


def test_a_terminal_gets_colours_unless_the_person_wants_none():
    bright, dull = Terminal(), Terminal()
    print_drawing(classical(), bright, {})
    print_drawing(classical(), dull, {"NO_COLOR": "1"})
    assert "\x1b[" in bright.getvalue()
    assert dull.getvalue().isascii()
    assert "\x1b[" not in dull.getvalue()


def test_a_missing_plotext_is_named_with_the_way_out(monkeypatch):
    monkeypatch.setitem(sys.modules, "plotext", None)
    with pytest.raises(TunerError, match=r"terminal needs plotext.*: pip install plotext"):
        draw_text(classical())
