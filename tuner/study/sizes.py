"""Sizes of memory as people write them: "800MB", "4GB", "1.5GiB"."""

from __future__ import annotations

import re

from tuner.errors import HyperparameterError
from tuner.space.complaints import shown

_UNITS = {"MB": 10**6, "GB": 10**9, "TB": 10**12, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_FORM = re.compile(rf"(\d{{1,9}}(?:\.\d{{1,3}})?) ?({'|'.join(_UNITS)})", re.ASCII)


def bytes_of(size: str) -> int:
    """A size in bytes.

    Raises:
        HyperparameterError: if it is no size, or none at all.

    >>> bytes_of("4GB"), bytes_of("1.5 GiB")
    (4000000000, 1610612736)
    """
    match = _FORM.fullmatch(size.strip())
    count = int(float(match[1]) * _UNITS[match[2]]) if match else 0
    if not count:
        raise HyperparameterError(f'is {shown(size)}, but should be a size such as "800MB" or "4GB"', "memory")
    return count
