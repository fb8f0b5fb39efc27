"""Numbers as they were typed: what a computer adds up in binary fractions, compared and kept as decimals."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

NEAR = 1e-12
"""Quotients closer than this, relatively, are compared as exact fractions."""

_SCALES = np.array([float(f"1e{digits}") for digits in range(23)])


def exact(number: float) -> Fraction:
    """Return a number as the decimal it was typed as: a float at 15 significant digits, so 0.1 + 0.2 is 3/10."""
    return Fraction(int(number)) if float(number).is_integer() else Fraction(Decimal(format(number, ".15g")))


def as_typed(numbers: Floats, size: Floats | None = None) -> Floats:
    """Return sums of decimals without the dust of binary fractions: to 15 significant digits, 0.1 + 0.2 is 0.3.

    Money adds up to what a pocket calculator shows, whatever the order of the rows. Whole numbers stay as they are.
    size: how large the numbers added were, where they may cancel out: 1.1 - 0.8 - 0.3 is 0.
    """
    fractions = np.isfinite(numbers) & (numbers != np.rint(numbers))
    if not fractions.any():
        return numbers
    some = numbers[fractions]
    largest = np.abs(some) if size is None else np.maximum(np.abs(some), size[fractions])
    scale = _SCALES[np.clip(14 - np.floor(np.log10(largest)).astype(int), 0, 22)]
    result = numbers.copy()
    result[fractions] = np.rint(some * scale) / scale
    return result
