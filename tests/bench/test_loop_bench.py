"""The benchmarks of the search loop, at toy size: they run, and count what they should."""

from __future__ import annotations

import json

import pytest

from scripts.bench import verdicts
from scripts.bench.chaos_parts import __main__ as chaos


@pytest.mark.thorough
def test_workers_that_are_killed_lose_nothing(capsys):
    chaos.main(["sqlite-kills", "--workers", "2", "--trials", "8", "--kills", "2"])
    name, figures = capsys.readouterr().out.split(" ", 1)
    told = json.loads(figures)
    assert name == "sqlite-kills"
    assert (told["kills"], told["finished"]) == (2, 8)
    assert not any(told[each] for each in chaos.MUST_BE_NONE)


def test_what_was_lost_fails_the_benchmark(monkeypatch):
    monkeypatch.setitem(chaos.WHAT, "sqlite", lambda folder, options: {"lost": 1, "zombies": 0})
    with pytest.raises(SystemExit, match="not 0: sqlite: lost"):
        chaos.main(["sqlite"])


def test_every_pruners_verdicts_are_measured(capsys):
    verdicts.main(["--lanes", "3", "--trials", "10", "--repeats", "1"])
    lines = dict(line.split(" ", 1) for line in capsys.readouterr().out.splitlines())
    assert list(lines) == list(verdicts.PRUNERS)
    assert all(set(json.loads(figures)) == {"all at once", "one by one"} for figures in lines.values())
