"""What is written is what TOML reads."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.study.toml import WIDTH, beside, comment, comment_lines, key, text, value

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@given(TEXTS, TEXTS, NUMBERS)
def test_every_text_and_number_is_read_as_it_was(name, words, number):
    stated = {name: {"text": words, "number": number, "list": [words, number], "truth": True}}
    read = tomllib.loads(f"{key(name)} = {value(stated[name])}")
    assert read == stated


@given(TEXTS)
def test_a_comment_is_one_line_and_is_read_as_nothing(words):
    assert tomllib.loads(f"a = 1  # {comment(words)}") == {"a": 1}
    assert tomllib.loads("\n".join(comment_lines(words))) == {}
    assert tomllib.loads("\n".join(beside("a = 1", words))) == {"a": 1}


def test_long_comments_are_broken_and_stand_above_a_setting():
    lines = list(beside("    a = 1", "word " * 60))
    assert lines[-1] == "    a = 1"
    assert all(line.startswith("    # word") and len(line) <= WIDTH for line in lines[:-1])
    assert list(beside("a = 1", "word")) == ["a = 1  # word"]


@pytest.mark.parametrize(
    ("number", "spelled"), [(1e-4, "1e-4"), (0.03, "0.03"), (-999.0, "-999"), (0.0, "0.0"), (1e300, "1e+300")]
)
def test_numbers_are_spelled_as_people_do(number, spelled):
    assert value(number) == spelled
    assert text("a") == '"a"'
