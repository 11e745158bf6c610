"""What the name of a column tells."""

from __future__ import annotations

import re
from collections.abc import Collection

WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+|\d+")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


IDENTIFIERS = _words("id ids uid guid uuid rowid rownumber nr")
"""Names of what tells rows apart."""

CODES = _words(
    """
    class pclass code zip zipcode postcode postal plz type typ category cat cluster segment region district county
    state province country store shop branch department dept plan status sector industry channel zone ward
    """
)
"""Names of numbers of which 2 is not twice 1."""

GROUPS = _words(
    """
    patient customer client user subject person member household family session visitor student employee account
    device machine engine vehicle participant respondent donor speaker author player driver
    """
)
"""Names of what may have many rows, which are more alike than others."""

TIMES = _words(
    """
    date time datetime timestamp day week month year quarter hour minute second created updated when period step
    epoch datum zeit jahr monat tag
    """
)
"""Names of what grows as time passes."""

MOMENTS = TIMES - _words("day week month quarter hour minute second tag monat")
"""Those among them that do not begin again, as the days of a month do."""

NOT_OF_THE_ROW = _words("birth born dob built founded expires expiry due")
"""Names of moments that say nothing of when a row came to be."""

TARGETS = (
    *("target", "label", "class", "y", "outcome", "response", "survived", "churn", "churned", "default", "fraud"),
    *("price", "saleprice", "sales", "diagnosis", "quality", "species", "result", "score"),
)
"""Names of what people predict, the likeliest first."""


def words(name: str) -> list[str]:
    """The words of a column's name, in small letters.

    >>> words("CustomerID"), words("zip_code"), words("saleDate2")
    (['customer', 'id'], ['zip', 'code'], ['sale', 'date', '2'])
    """
    return [word.lower() for word in WORD.findall(name)]


def says(name: str, known: Collection[str]) -> str | None:
    """The first word of a column's name that is one of the known ones.

    >>> says("date_of_birth", NOT_OF_THE_ROW), says("grid", IDENTIFIERS)
    ('birth', None)
    """
    return next((word for word in words(name) if word in known), None)


def noun(name: str, known: Collection[str]) -> str | None:
    """The last word of a column's name, numbers apart, if it is one of the known ones.

    >>> noun("Pclass", CODES), noun("customer_age", GROUPS), noun("store_id_2", IDENTIFIERS)
    ('pclass', None, 'id')
    """
    last = [word for word in words(name) if not word.isdigit()][-1:]
    return last[0] if last and last[0] in known else None
