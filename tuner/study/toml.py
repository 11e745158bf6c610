"""Values as a study file spells them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

WIDTH = 120

BARE = re.compile(r"[A-Za-z0-9_-]+")


def text(value: str) -> str:
    r"""A text in quotes, whatever is in it.

    >>> print(text('say "a\\b"'), text("tab\tbell\x07"))
    "say \"a\\b\"" "tab\tbell\u0007"
    """
    # TOML's basic strings are JSON's, save that it wants DEL escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def key(name: str) -> str:
    """A name in front of an equals sign.

    >>> key("zip_code"), key("zip code")
    ('zip_code', '"zip code"')
    """
    return name if BARE.fullmatch(name) else text(name)


def value(stated: Any) -> str:
    """Any value, in one line.

    >>> value({"low": 1e-4, "high": 0.5, "log": True}), value(["a", 3, -999.0])
    ('{ low = 1e-4, high = 0.5, log = true }', '["a", 3, -999]')
    """
    if isinstance(stated, Mapping):
        return "{ " + ", ".join(f"{key(name)} = {value(inner)}" for name, inner in stated.items()) + " }"
    if isinstance(stated, str):
        return text(stated)
    if isinstance(stated, Sequence):
        return f"[{', '.join(map(value, stated))}]"
    if isinstance(stated, bool):
        return "true" if stated else "false"
    if isinstance(stated, float):
        return _number(stated)
    return str(stated)


def comment(words: str) -> str:
    r"""What may stand behind a # in one line: letters that no comment can hold are escaped.

    >>> comment("a\nb")
    'a\\nb'
    """
    return "".join(letter if letter.isprintable() or letter == " " else text(letter)[1:-1] for letter in words)


def comment_lines(words: str, start: str = "# ") -> Iterator[str]:
    """A comment in as many lines as it takes."""
    line = start
    for word in comment(words).split(" "):
        if len(line) + len(word) > WIDTH and line != start:
            yield line.rstrip()
            line = start
        line += f"{word} "
    yield line.rstrip()


def beside(setting: str, reason: str) -> Iterator[str]:
    """A setting with its reason behind it, or above it where it is long."""
    if len(setting) + len(reason) + 4 <= WIDTH:
        yield f"{setting}  # {comment(reason)}"
        return
    indent = " " * (len(setting) - len(setting.lstrip()))
    yield from comment_lines(reason, f"{indent}# ")
    yield setting


def _number(number: float) -> str:
    if abs(number) >= 1 and abs(number) < 1e15 and number.is_integer():
        return str(int(number))
    if 0 < abs(number) < 0.01:
        mantissa, _, exponent = f"{number:e}".partition("e")
        short = f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
        if float(short) == number:
            return short
    return repr(number)


def document(tables: Mapping[str, Any]) -> str:
    """Tables as a file: settings first, then the tables; one of nothing but plain values is a setting in one line.

    >>> print(document({"seed": 1, "data": {"path": "a.csv"}, "layers": {"width": {"low": 1, "high": 2}}}), end="")
    seed = 1
    data = { path = "a.csv" }
    <BLANKLINE>
    [layers]
    width = { low = 1, high = 2 }
    """
    return "\n".join(_parts(tables, ""))


def _parts(tables: Mapping[str, Any], place: str) -> Iterator[str]:
    inner = {name: each for name, each in tables.items() if _is_table(each)}
    settings = "".join(f"{key(name)} = {value(each)}\n" for name, each in tables.items() if name not in inner)
    if settings or not inner:
        yield (f"[{place}]\n" if place else "") + settings
    for name, each in inner.items():
        yield from _parts(each, f"{place}.{key(name)}" if place else key(name))


def _is_table(stated: Any) -> bool:
    return isinstance(stated, Mapping) and any(isinstance(inner, Mapping) for inner in stated.values())
