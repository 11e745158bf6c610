from __future__ import annotations

import pytest

from tuner.errors import TunerError
from tuner.report.schedule_plots import Drawing


def test_a_drawing_keeps_its_curves_when_the_callers_list_changes():
    values = [0.3, 0.2]
    drawing = Drawing(title="t", y_label="y", curves=[("a", values)])
    values.append(0.1)
    assert drawing.curves == (("a", (0.3, 0.2)),)


@pytest.mark.parametrize("curves", [[], [("a", [])]])
def test_a_drawing_of_nothing_is_refused(curves):
    with pytest.raises(TunerError, match="nothing to draw: give at least one curve"):
        Drawing(title="t", y_label="y", curves=curves)


def test_a_value_that_is_no_number_is_named_with_its_curve_and_epoch():
    with pytest.raises(TunerError, match='the curve "a" is nan in epoch 1'):
        Drawing(title="t", y_label="y", curves=[("a", [0.1, float("nan")])])


def test_a_log_scale_leaves_out_what_has_no_place_on_it():
    drawing = Drawing(title="t", y_label="y", curves=[("a", [0.1, 0.0, 0.01])], log_scale=True)
    assert drawing.points() == [("a", [0, 2], [0.1, 0.01])]


def test_a_linear_scale_shows_zeros():
    drawing = Drawing(title="t", y_label="y", curves=[("a", [0.1, 0.0])])
    assert drawing.points() == [("a", [0, 1], [0.1, 0.0])]


def test_a_log_scale_of_zeros_alone_is_refused():
    with pytest.raises(TunerError, match="draw them on a linear scale"):
        Drawing(title="t", y_label="y", curves=[("a", [0.0, 0.0])], log_scale=True)
