"""Whatever stands in a file, loading it gives a definition or names the mistakes; nothing else is ever raised."""

from __future__ import annotations

import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.study.test_mistakes import VALID, edited
from tests.study.toml_text import toml_text
from tuner.errors import StudyFileError
from tuner.study.definition import StudyDefinition
from tuner.study.load import load_study

WORDS = ["low", "high", "log", "step", "choices", "kind", "alpha", "sgd", "iir", "median", "layers", "depth", "builtin"]
TEXTS = st.text(st.characters(codec="utf-8"), max_size=5)
SCALARS = st.one_of(
    st.booleans(),
    st.integers(),
    st.integers(-(2**70), 2**70),
    st.sampled_from([10**400, -(10**30), 2**63 - 1, 5e-324, 1.7e308]),
    st.floats(),
    TEXTS,
    st.sampled_from([*WORDS, "digits", "0s", "a://b:c@d"]),
    st.dates(),
    st.datetimes().map(lambda moment: moment.replace(fold=0)),
    st.times().map(lambda moment: moment.replace(fold=0)),
)
KEYS = st.one_of(st.sampled_from(WORDS), TEXTS)
JUNK = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)


def _paths(tree: Any) -> Iterator[tuple[str | int, ...]]:
    yield ()
    parts = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for name, part in parts:
        yield from ((name, *path) for path in _paths(part))


PATHS = [path for path in _paths(dict(VALID)) if path]


def outcome(text: str) -> StudyDefinition | StudyFileError:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "sample.toml")
        path.write_bytes(text.encode())
        try:
            return load_study(str(path), Path(folder))
        except StudyFileError as error:
            return error


def is_definition_or_mistakes(outcome: StudyDefinition | StudyFileError) -> bool:
    if isinstance(outcome, StudyDefinition):
        return bool(outcome.fingerprint)
    return bool(outcome.mistakes) and all(len(str(mistake)) < 1000 for mistake in outcome.mistakes)


def spoilt(path: tuple[str | int, ...], junk: Any) -> dict[str, Any]:
    tree = edited([])
    *above, last = path
    here: Any = tree
    for part in above:
        here = here[part]
    here[last] = junk
    return tree


@settings(max_examples=400)
@given(path=st.sampled_from(PATHS), junk=JUNK)
@example(path=("hyperparameters", "batch_size"), junk={"low": 10**400, "high": 1})
@example(path=("hyperparameters", "layers", "l1"), junk={"low": 0.1, "high": 0.2, "step": 10**400})
@example(path=("hyperparameters", "layers", "l1"), junk={"low": 0.1, "high": 0.2, "step": float("nan")})
@example(path=("budget", "time"), junk="9" * 400 + "d")
@example(path=("search", "pruner"), junk={"kind": "median", "median": {}})
@example(path=("hyperparameters", "momentum", "maximum"), junk=1.7e308)
def test_junk_in_the_place_of_any_value_gives_a_definition_or_mistakes(path, junk):
    assert is_definition_or_mistakes(outcome(toml_text(spoilt(path, junk))))


@settings(max_examples=200)
@given(table=st.sampled_from([path for path in PATHS if len(path) < 3]), name=KEYS, junk=JUNK)
def test_junk_under_any_name_gives_a_definition_or_mistakes(table, name, junk):
    here: Any = VALID
    for part in table:
        here = here[part]
    path = (*table, name) if isinstance(here, dict) else table
    assert is_definition_or_mistakes(outcome(toml_text(spoilt(path, junk))))


@settings(max_examples=200)
@given(st.one_of(TEXTS, st.text(st.sampled_from("[]{}=\"\\'.,#\n a1-:"), max_size=40)))
def test_any_text_gives_a_definition_or_mistakes(text):
    assert is_definition_or_mistakes(outcome(text))


@settings(max_examples=100)
@given(JUNK)
def test_the_texts_that_these_tests_write_are_the_trees_they_mean(junk):
    tree = {"data": {"value": junk}}
    assert repr(tomllib.loads(toml_text(tree))) == repr(tree)
