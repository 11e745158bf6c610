"""Which storage is meant: a URL out of the command line, the environment, a file of its own or the study file."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path

import sqlalchemy.exc
from sqlalchemy.engine import URL, make_url

from tuner.errors import StorageError

StorageUrl = URL
"""Where trials are kept; its text form shows no password."""

DEFAULT_FILE = "tuner.db"

URL_VARIABLE = "TUNER_STORAGE"
FILE_VARIABLE = "TUNER_STORAGE_FILE"

_SECRETS = frozenset({"password", "passwd", "sslpassword"})
"""Settings behind the question mark of a URL that drivers take for secrets."""


def storage_url(stated: str | None, environment: Mapping[str, str], configured: str | None, root: Path) -> URL:
    """Which storage is meant: the first that is stated of the arguments, in their order.

    Args:
        stated: from the command line; it may hold no password, since everybody can read a command line.
        environment: where `TUNER_STORAGE`, which may hold a password, or else `TUNER_STORAGE_FILE` may stand.
        configured: from the study file's `[run] storage`; a relative path starts from the root.
        root: where `tuner.db` lies if nothing else is stated.
    Raises:
        StorageError: if the text is no URL, or holds a password where everybody can read it.
    """
    if stated is not None:
        return public_url(stated, "--storage", f"put the URL into the environment as {URL_VARIABLE} instead")
    if environment.get(URL_VARIABLE):
        return _absolute(_parse(environment[URL_VARIABLE], URL_VARIABLE), Path.cwd())
    if environment.get(FILE_VARIABLE):
        return url_in_file(environment[FILE_VARIABLE], FILE_VARIABLE)
    if configured is not None:
        return _absolute(_parse(configured, "run.storage"), root)
    return sqlite_url(root / DEFAULT_FILE)


def sqlite_url(path: Path) -> URL:
    """The URL of an SQLite file, whatever its name."""
    return URL.create("sqlite", database=str(path))


def public_url(text: str, origin: str, way_out: str) -> URL:
    """A storage's URL from a place that everybody on this machine can read.

    Args:
        text: the URL; a relative path starts from the working directory.
        origin: the option that it comes from.
        way_out: where a password may stand instead, as the end of a sentence.
    Raises:
        StorageError: if the text is no URL, or holds a password.
    """
    url = _parse(text, origin)
    if url.password or _SECRETS & set(url.query):
        raise StorageError(
            f"{origin} {masked(url)} holds a password, which everybody on this machine can read; {way_out}"
        )
    return _absolute(url, Path.cwd())


def url_in_file(file: str, origin: str) -> URL:
    """A storage's URL out of a file that nobody but its owner can read; it may hold a password.

    Args:
        file: its path; the URL is all that it holds.
        origin: the option or variable that names the file.
    Raises:
        StorageError: if there is no such file, others may read it, or what it holds is no URL.
    """
    path = Path(file).expanduser()
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise StorageError(f"{origin}: {path} cannot be read: {reason}") from None
    if stat.S_IMODE(mode) & (stat.S_IRWXG | stat.S_IRWXO):
        raise StorageError(f"{origin}: {path} can be read by others than its owner; chmod 600 {path}")
    return _absolute(_parse(text, f"{origin}: {path}", secret=True), Path.cwd())


def parse_storage(text: str, folder: Path) -> StorageUrl:
    """A storage's URL out of its text; a relative path starts from the folder.

    Raises:
        StorageError: if the text is no URL.
    """
    return _absolute(_parse(text, "storage"), folder)


def _parse(text: str, origin: str, *, secret: bool = False) -> URL:
    # What may hold a password is not shown, for nobody knows which part of an unreadable URL it is.
    shown = "this" if secret or "@" in text or origin == URL_VARIABLE else text
    try:
        url = make_url(text)
    except (sqlalchemy.exc.ArgumentError, ValueError):
        raise StorageError(
            f"{origin}: {shown} is no storage URL; write sqlite:///results.db for a file, "
            "or postgresql+psycopg://user@host/database"
        ) from None
    if url.get_backend_name() != "sqlite" and "@" in f"{url.host}{url.database}":
        raise StorageError(f"{origin}: the URL has more than one @; write those of a password as %40")
    return url


def _absolute(url: URL, folder: Path) -> URL:
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        return url.set(database=str(folder / Path(url.database).expanduser()))
    return url


def masked(url: URL) -> str:
    """A storage's URL with its password hidden, for people and for logs."""
    hidden = dict.fromkeys(_SECRETS & set(url.query), "hidden")
    return url.update_query_dict(hidden).render_as_string(hide_password=True)


def exists(url: URL) -> bool:
    """Whether the storage is there already; a server is taken to be."""
    return url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:") or Path(url.database).exists()
