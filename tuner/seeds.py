"""Where every random number comes from: seeds derived from the study's seed and a name, never from the clock."""

from __future__ import annotations

from hashlib import blake2b

SEED_BITS = 31
"""Keras, NumPy and Optuna all accept a non-negative seed of 31 bits."""


def derive_seed(*parts: int | str) -> int:
    """A seed that depends on every part and on their order.

    The same parts give the same seed on every platform and in every version of Python. Different purposes must use
    different names, such as `derive_seed(study_seed, "trial", 7)`.

    Args:
        parts: integers and names; a study's seed comes first.
    Returns:
        A seed in [0, 2**31).

    >>> derive_seed(20, "trial", 7) == derive_seed(20, "trial", 7)
    True
    >>> derive_seed(20, "trial", 7) == derive_seed(20, "trial", 8)
    False
    """
    text = "\x1f".join(f"{type(part).__name__}:{part}" for part in parts)
    digest = blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> (64 - SEED_BITS)
