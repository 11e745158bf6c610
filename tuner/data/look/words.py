"""Figures and names as the comments of a look say them."""

from __future__ import annotations

from collections.abc import Sequence

from tuner.data.column import quoted


def figure(value: float) -> str:
    """A number as a person would write it.

    >>> figure(-999.0), figure(0.25), figure(1234567.0), figure(3.14159265)
    ('-999', '0.25', '1234567', '3.14159')
    """
    if abs(value) < 1e15 and float(value).is_integer():
        return str(int(value))
    return f"{value:.6g}"


def share(part: int, of: int) -> str:
    """A share in percent, with as many digits as mean something.

    >>> share(1, 2), share(2, 1000), share(1, 100_000), share(999, 1000)
    ('50 %', '0.2 %', 'below 0.1 %', '99.9 %')
    """
    percent = 100 * part / max(of, 1)
    if 0 < percent < 0.1:
        return "below 0.1 %"
    shown = f"{percent:.1f}" if percent < 10 or (percent > 99 and part < of) else f"{percent:.0f}"
    return f"{'99.9' if shown == '100.0' and part < of else shown.removesuffix('.0')} %"


def count(number: int, noun: str) -> str:
    """A number of things.

    >>> count(1, "row"), count(1234, "row")
    ('1 row', '1,234 rows')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def some(texts: Sequence[str], most: int = 3) -> str:
    """A few texts, quoted.

    >>> some(["a", "b", "c", "d"])
    '"a", "b", "c" and 1 more'
    """
    rest = len(texts) - most
    return ", ".join(quoted(text) for text in texts[:most]) + (f" and {rest} more" if rest > 0 else "")
