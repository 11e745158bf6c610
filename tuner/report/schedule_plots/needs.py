"""The plot libraries are optional: what to say when one is absent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tuner.errors import TunerError


@contextmanager
def needs(library: str, what: str) -> Iterator[None]:
    """Turn a failed import into a sentence that names the way out.

    Args:
        library: the package, as pip calls it.
        what: what it draws, as the beginning of the sentence.
    Raises:
        TunerError: if the block ends in an ImportError.
    """
    try:
        yield
    except ImportError as error:
        raise TunerError(
            f"{what} needs {library}, which cannot be imported ({error}): pip install {library}"
        ) from error
