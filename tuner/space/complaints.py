"""What pydantic found, in the words of a person who reads a study file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic_core import ErrorDetails

from tuner.errors import HyperparameterError, did_you_mean, listed
from tuner.space.shape import KindsShape

_LONGEST = 80
"""Characters of a value that an error shows."""


def shown(value: Any) -> str:
    """A value as it would stand in the file.

    >>> shown("cosin"), shown(True), shown([1, 2]), shown({"low": 1, "hihg": 2})
    ('"cosin"', 'true', '[1, 2]', 'a table with low, hihg')
    """
    if isinstance(value, Mapping):
        return shortened(f"a table with {', '.join(value)}") if value else "an empty table"
    return shortened(_literal(value))


def _literal(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ ... }" if value else "{}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, (str, bool)) or value is None:
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def shortened(text: str) -> str:
    """A text, cut off where it is too long for an error."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


_EXPECTED: Mapping[str, Callable[[dict[str, Any]], str]] = {
    "greater_than": lambda ctx: f"above {ctx['gt']:g}",
    "greater_than_equal": lambda ctx: f"at least {ctx['ge']:g}",
    "less_than": lambda ctx: f"below {ctx['lt']:g}",
    "less_than_equal": lambda ctx: f"at most {ctx['le']:g}",
    "int_type": lambda _: "a whole number",
    "int_from_float": lambda _: "a whole number",
    "float_type": lambda _: "a number",
    "finite_number": lambda _: "a finite number",
    "string_type": lambda _: "a text",
    "string_too_short": lambda _: "a text that is not empty",
    "bool_type": lambda _: "true or false",
    "tuple_type": lambda _: "a list",
    "list_type": lambda _: "a list",
    "model_type": lambda _: "a table",
    "dict_type": lambda _: "a table",
}


def complaint(error: ErrorDetails) -> str:
    """One of pydantic's errors as the rest of a sentence that begins with the place."""
    kind, found, context = error["type"], error["input"], error.get("ctx", {})
    cause = context.get("error")
    if isinstance(cause, HyperparameterError):
        return cause.problem
    if kind == "literal_error":
        options = [option.strip("'") for option in context["expected"].replace(" or ", ", ").split(", ")]
        return one_of(found, options)
    if kind in _EXPECTED:
        return f"is {shown(found)}, but should be {_EXPECTED[kind](context)}"
    return f"is {shown(found)}: {error['msg'].removeprefix('Value error, ')}"


def one_of(found: Any, options: Sequence[str]) -> str:
    """The complaint about a word that is none of the known ones."""
    return f"is {shown(found)}, but should be one of {', '.join(options)}.{did_you_mean(found, options)}"


def missing_kind(options: Sequence[str]) -> str:
    """The complaint about a table that does not say its kind."""
    return f"is missing; it should be one of {', '.join(options)}"


def unknown(name: str, known: Sequence[str], what: str = "setting") -> str:
    """The complaint about a name that nobody knows here."""
    return f"is no {what} here; there are {', '.join(known)}.{did_you_mean(name, known)}"


def no_table(found: Any, settings: Sequence[str]) -> str:
    """The complaint about something that should be a table."""
    return f"is {shown(found)}, but should be a table of {', '.join(settings)}"


def meant(names: Iterable[str], known: Sequence[str]) -> set[str]:
    """The known names that unknown ones seem to stand for; nobody need hear that those are missing.

    >>> meant(["alpha", "minimun"], ["alpha", "minimum"])
    {'minimum'}
    """
    stated = set(names)
    absent = [name for name in known if name not in stated]
    return {near for name in stated.difference(known) for near in get_close_matches(name, absent, n=1)}


def no_setting(shape: KindsShape, kinds: Sequence[str], name: str) -> str:
    """The complaint about a name that none of the chosen kinds has as a setting."""
    others = shape.kinds_with(name)
    if others:
        return f"is no setting of {listed(kinds)}, but of {listed(others)}"
    settings = [setting for kind in kinds for setting in shape.kinds[kind].fields]
    return unknown(name, ["kind", *dict.fromkeys(settings)])
