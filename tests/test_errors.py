from __future__ import annotations

import inspect

import pytest

from tuner import errors
from tuner.errors import HyperparameterError, Mistake, StudyFileError, TunerError, did_you_mean, listed


def test_every_error_is_a_tuner_error_and_is_drawn_in_the_tree() -> None:
    raised = [cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, Exception)]

    assert all(issubclass(cls, TunerError) for cls in raised)
    assert [cls.__name__ for cls in raised if cls.__name__ not in (errors.__doc__ or "")] == []


def test_a_study_files_error_tells_all_mistakes_at_once_each_with_its_file_and_place() -> None:
    error = StudyFileError(
        "studies/digits.toml",
        [Mistake("search.metric", 'is "val_los"'), Mistake("", "has no [data]")],
    )

    assert str(error) == 'studies/digits.toml: search.metric is "val_los"\nstudies/digits.toml: has no [data]'
    assert len(error.mistakes) == 2


def test_a_hyperparameter_error_begins_with_the_setting_to_blame() -> None:
    error = HyperparameterError("must not exceed 0.1", "schedule.minimum", "optimizer.learning_rate")

    assert str(error) == "schedule.minimum must not exceed 0.1"
    assert error.settings == ("schedule.minimum", "optimizer.learning_rate")


def test_a_hyperparameter_error_without_a_setting_is_its_problem_alone() -> None:
    assert str(HyperparameterError("nothing goes together")) == "nothing goes together"


@pytest.mark.parametrize(
    ("words", "expected"), [([], ""), (["iir"], "iir"), (["a", "b"], "a or b"), (["a", "b", "c"], "a, b or c")]
)
def test_words_are_listed_as_a_person_would(words: list[str], expected: str) -> None:
    assert listed(words) == expected


@pytest.mark.parametrize("word", ["cosin", "cosines", "kosine"])
def test_the_nearest_known_word_is_offered(word: str) -> None:
    assert did_you_mean(word, ["constant", "cosine", "iir"]) == ' Did you mean "cosine"?'


@pytest.mark.parametrize("word", ["zzz", "", 7])
def test_nothing_is_offered_where_nothing_is_near(word: object) -> None:
    assert did_you_mean(word, ["constant", "cosine", "iir"]) == ""
