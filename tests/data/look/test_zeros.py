"""Codes that begin with zeros."""

from __future__ import annotations

from tuner.data.look.findings import Dropped, Typed
from tuner.data.look.zeros import spelled_with_zeros

CODES = [f"{n:03}" for n in range(95, 115)]


def test_codes_that_begin_with_zeros_are_categories_or_identifiers(make_frame):
    frame = make_frame(a=[*CODES, *CODES], b=[f"{n:03}" for n in range(40)], c=[str(n) for n in range(40)])
    found = {each.column: each for each in spelled_with_zeros(frame, ["a", "b", "c"])}
    assert isinstance(found["a"], Typed)
    assert found["a"].reason == 'codes such as "095", which begin with 0 as no number does'
    assert isinstance(found["b"], Dropped)
    assert [*found] == ["a", "b"]


def test_zero_itself_and_fractions_are_numbers(make_frame):
    assert not list(spelled_with_zeros(make_frame(a=["0", "0.5", "10"] * 9), ["a"]))


def test_a_file_keeps_its_zeros(look):
    text = "area,y\n" + "".join(f"{n % 12 + 95:03},{n % 2}\n" for n in range(60))
    seen = look(text=text)
    assert [(each.column, each.kind) for each in seen.types] == [("area", "category")]
    assert '"095"' in seen.types[0].reason
    assert seen.columns[0].kind == "category"
