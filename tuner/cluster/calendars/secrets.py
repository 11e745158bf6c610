"""What must not stand in a calendar: others may read it, and everybody sees the commands that it runs."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

URL_VARIABLE = "TUNER_STORAGE"

_TELLING_NAME = re.compile(r"PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIAL|API_?KEY", re.IGNORECASE)
_NAMES_A_FILE = re.compile(r"(FILE|PATH|DIR)$", re.IGNORECASE)
_TELLING_SETTINGS = frozenset({"password", "passwd", "sslpassword"})

WAY_OUT = (
    "put the storage's URL into a file of mode 600 and name that in TUNER_STORAGE_FILE, or leave the password out of "
    "the URL and name a file with it in PGPASSFILE"
)
"""Where a password may stand instead, as the end of a sentence."""


def may_be_secret(variable: str) -> bool:
    """Whether a variable of this name may hold a password.

    >>> may_be_secret("PGPASSWORD"), may_be_secret("PGPASSFILE"), may_be_secret("TUNER_STORAGE")
    (True, False, True)
    """
    if variable == URL_VARIABLE:
        return True
    return bool(_TELLING_NAME.search(variable)) and not _NAMES_A_FILE.search(variable)


def holds_password(word: str) -> bool:
    """Whether a word of a command, or a variable's value, is or contains a URL with a password.

    >>> holds_password("--storage=postgresql://me:secret@host/db"), holds_password("postgresql://me@host/db")
    (True, False)
    """
    at = re.search(r"[A-Za-z][A-Za-z0-9+.-]*://", word)
    if at is None:
        return False
    try:
        url = urlsplit(word[at.start() :])
        return bool(url.password) or not _TELLING_SETTINGS.isdisjoint(parse_qs(url.query))
    except ValueError:
        return "@" in word
