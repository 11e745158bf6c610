"""Round numbers to write beside an axis of the terminal's picture."""

from __future__ import annotations

import math


def even_ticks(low: float, high: float, count: int) -> list[float]:
    """Round numbers at equal distances.

    Args:
        low, high: the two ends of the axis, in order.
        count: about how many; at most one more.
    Returns:
        Rising numbers between the ends, these included; multiples of 1, 2 or 5 times a power of ten.

    >>> even_ticks(0, 29, 6)
    [0, 5, 10, 15, 20, 25]
    """
    if high <= low:
        return [low]
    rough = (high - low) / max(1, count)
    power = math.floor(math.log10(rough))
    step = next(factor * 10.0**power for factor in (1, 2, 5, 10) if factor * 10.0**power >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    # Rounding takes away what multiplication adds: 3 * 0.1 is to be 0.3.
    digits = max(0, -math.floor(math.log10(step)))
    return [round(index * step, digits) if digits else round(index * step) for index in range(first, last + 1)]


def decade_ticks(low: float, high: float) -> list[float]:
    """Round numbers at equal factors, for a log axis.

    Args:
        low, high: the two ends of the axis, in order and above 0.
    Returns:
        The powers of ten between the ends, or if these are fewer than two, also twice and five times such powers; if
        these are fewer than two as well, the ends.

    >>> decade_ticks(1e-4, 0.3)
    [0.0001, 0.001, 0.01, 0.1]
    >>> decade_ticks(0.02, 0.3)
    [0.02, 0.05, 0.1, 0.2]
    """
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1,), (1, 2, 5)):
        # A power of ten is read from its text: 10.0**-4 is not exactly 0.0001 on every machine.
        ticks = [float(f"{factor}e{power}") for power in powers for factor in factors]
        inside = [tick for tick in ticks if low * (1 - 1e-9) <= tick <= high * (1 + 1e-9)]
        if len(inside) > 1:
            return inside
    return [low, high] if low < high else [low]
