"""Gzip, unpacked piece by piece, so that a small file cannot fill the memory."""

from __future__ import annotations

import gzip
import io
import zlib

from tuner.data.sources.opened import in_words
from tuner.errors import DataError

GZIP = b"\x1f\x8b"
"""How a gzip file begins."""

PIECE = 2**22
"""How many bytes are unpacked at a time."""


def unpacked(data: bytes, name: str, *, most_bytes: int) -> bytes:
    """What is packed in a gzip file, whatever it is called; other bytes as they are.

    Raises:
        DataError: if the file is damaged, or holds more than so many bytes.
    """
    if not data.startswith(GZIP):
        return data
    pieces: list[bytes] = []
    size = 0
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            while piece := file.read(PIECE):
                pieces.append(piece)
                size += len(piece)
                if size > most_bytes:
                    raise DataError(
                        f"{name}: of its {in_words(len(data))}, gzip unpacks more than the {in_words(most_bytes)} that "
                        f"are read at most. If that is meant, unpack the file, and name what comes out of it."
                    )
        return b"".join(pieces)
    except EOFError:
        raise DataError(f"{name}: is cut off: its gzip data have no end. Copy or load it again.") from None
    except (OSError, zlib.error) as error:
        raise DataError(f"{name}: is damaged: {error}. Copy or load it again.") from None
