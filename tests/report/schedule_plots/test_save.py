from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import tuner
from tuner.errors import TunerError
from tuner.report.schedule_plots import Drawing, save

DRAWING = Drawing(
    title="a <b>title</b> of $5_$", y_label="learning rate", curves=[("_a $1_$", [0.3, 0.2]), ("b", [0.1])]
)


@pytest.mark.parametrize(
    ("name", "beginning"),
    [("a.png", b"\x89PNG\r\n"), ("a.PNG", b"\x89PNG\r\n"), ("a.svg", b"<?xml"), ("a.html", b"<!DOCTYPE html>")],
)
@pytest.mark.parametrize("log_scale", [False, True])
def test_the_suffix_says_what_is_written(tmp_path, name, beginning, log_scale):
    drawing = Drawing(title=DRAWING.title, y_label=DRAWING.y_label, curves=DRAWING.curves, log_scale=log_scale)
    save(drawing, tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(beginning)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_page_holds_everything_it_needs(tmp_path):
    save(DRAWING, tmp_path / "a.html")
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "<title>a &lt;b&gt;title&lt;/b&gt; of $5_$</title>" in page
    assert "<script src" not in page
    assert "<link" not in page
    assert '"hovertemplate":"%{y:.6g}"' in page


def test_every_label_is_in_the_image_as_it_was_given(tmp_path, monkeypatch):
    from matplotlib import rcParams

    monkeypatch.setitem(rcParams, "svg.fonttype", "none")
    save(DRAWING, tmp_path / "a.svg")
    image = (tmp_path / "a.svg").read_text(encoding="utf-8")
    for words in ("a &lt;b&gt;title&lt;/b&gt; of $5_$", "_a $1_$", ">b<", "learning rate", "epoch"):
        assert words in image


@pytest.mark.parametrize(
    ("name", "found"), [("a.jpg", 'ends in ".jpg"'), ("a", "has no suffix"), ("a.htm", 'Did you mean ".html"')]
)
def test_another_suffix_is_refused_with_those_that_would_do(tmp_path, name, found):
    with pytest.raises(TunerError) as error:
        save(DRAWING, tmp_path / name)
    assert found in str(error.value)
    assert ".html, .png or .svg" in str(error.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["missing/a.svg", "file/a.svg", "folder.svg", "x" * 300 + ".svg"])
def test_a_place_that_cannot_be_written_is_named_and_nothing_is_left_behind(tmp_path, name):
    (tmp_path / "file").write_text("not a folder")
    (tmp_path / "folder.svg").mkdir()
    with pytest.raises(TunerError, match=r"\.svg: cannot be written \(.*\); name a file in a folder that is there"):
        save(DRAWING, tmp_path / name)
    assert {path.name for path in tmp_path.iterdir()} == {"file", "folder.svg"}


def test_a_failed_drawing_leaves_the_older_file_as_it_was(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "plotly", None)
    monkeypatch.setitem(sys.modules, "plotly.graph_objects", None)
    (tmp_path / "a.html").write_text("older")
    with pytest.raises(TunerError, match=r"an .html drawing needs plotly.*: pip install plotly"):
        save(DRAWING, tmp_path / "a.html")
    assert (tmp_path / "a.html").read_text() == "older"


def test_a_missing_matplotlib_is_named_with_the_way_out(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(TunerError, match=r"a .png drawing needs matplotlib.*: pip install matplotlib"):
        save(DRAWING, tmp_path / "a.png")


def printed_by(program: str) -> str:
    command = [sys.executable, "-c", program]
    root = Path(tuner.__file__).parents[1]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True, timeout=600).stdout


def test_the_plot_libraries_are_imported_only_when_something_is_drawn():
    program = (
        "import sys, tuner.report.schedule_plots; "
        "print({'plotly', 'matplotlib', 'plotext', 'numpy', 'optuna'} & set(sys.modules))"
    )
    assert printed_by(program) == "set()\n"


def test_an_image_leaves_pyplot_alone(tmp_path):
    program = (
        "import sys; from tuner.report.schedule_plots import Drawing, save; "
        f"save(Drawing(title='t', y_label='y', curves=[('a', [1.0])]), {str(tmp_path / 'a.png')!r}); "
        "print('matplotlib.pyplot' in sys.modules)"
    )
    assert printed_by(program) == "False\n"
