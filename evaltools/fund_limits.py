"""Floors and caps on amounts of money: what one gets more or less is spread over the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Spread:
    """Amounts within their limits. `factor` is what everybody inside their limits was multiplied by.

    bound: "floor", "cap" or "" for each. gap: what the limits have too much (above 0: the floors ask for more than
    there is) or too little (below 0: the caps leave so much over); the amounts then are of no use.
    """

    amounts: list[Fraction]
    factor: Fraction
    bound: list[str]
    gap: Fraction


def spread(amounts: Sequence[Fraction], floors: Sequence[Fraction | None], caps: Sequence[Fraction | None]) -> Spread:
    """Return amounts between floor and cap that add up to what they added up to before.

    All amounts (zero or more) are multiplied by one factor and then held at floor or cap, the factor such that the sum
    stays: what water-filling by turns comes to in the end, whatever the order. None is no limit. Who is held at
    a limit gets it exactly; between all others the proportions stay as they were.
    """
    total = sum(amounts, Fraction(0))
    inside = all(
        (low is None or amount >= low) and (high is None or amount <= high)
        for amount, low, high in zip(amounts, floors, caps, strict=True)
    )
    if inside:
        return Spread(list(amounts), Fraction(1), [""] * len(amounts), Fraction(0))
    lows = [low or Fraction(0) for low in floors]
    least = sum(lows, Fraction(0))
    if least > total:
        return Spread(list(amounts), Fraction(1), [""] * len(amounts), least - total)
    factor, gap = _factor(amounts, lows, caps, total - least)
    result, bound = [], []
    for amount, low, high in zip(amounts, lows, caps, strict=True):
        scaled = amount * factor
        held = "floor" if scaled < low else "cap" if high is not None and scaled > high else ""
        bound.append(held)
        result.append(low if held == "floor" else high if held == "cap" and high is not None else scaled)
    return Spread(result, factor, bound, gap)


def _factor(
    amounts: Sequence[Fraction], lows: Sequence[Fraction], caps: Sequence[Fraction | None], left: Fraction
) -> tuple[Fraction, Fraction]:
    """Return the factor at which `left` beyond the floors is used up, and minus what can never be."""
    # going up from zero, an amount starts to grow where it passes its floor and stops at its cap
    turns: list[tuple[Fraction, Fraction]] = []
    for amount, low, high in zip(amounts, lows, caps, strict=True):
        if amount > 0:
            turns.append((low / amount, amount))
            if high is not None:
                turns.append((high / amount, -amount))
    at, slope = Fraction(0), Fraction(0)
    for turn, change in sorted(turns):
        if slope > 0 and slope * (turn - at) >= left:
            return at + left / slope, Fraction(0)
        left -= slope * (turn - at)
        at, slope = turn, slope + change
    return (at + left / slope, Fraction(0)) if slope > 0 else (at, -left)


def spread_many(
    amounts: NDArray[np.float64], floors: NDArray[np.float64], caps: NDArray[np.float64], steps: int = 60
) -> NDArray[np.float64]:
    """Return what `spread` does to many rows of amounts at once, to the accuracy of floats.

    amounts: simulations x objects. floors, caps: one an object; 0 and infinity are none. A row whose limits cannot be
    met is left at the limits that come nearest to its sum.
    """
    off = ((amounts < floors) | (amounts > caps)).any(axis=1)
    if not off.any():
        return amounts
    rows = amounts[off]
    total = rows.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(rows > 0, np.maximum(floors, np.where(np.isfinite(caps), caps, 0)) / rows, 0.0)
    low, high = np.zeros(len(rows)), np.maximum(1.0, ratios.max(axis=1))
    # those without a cap can take all that is over
    free = np.where(np.isfinite(caps), 0.0, rows).sum(axis=1)
    high = np.maximum(high, np.divide(total, free, out=np.zeros_like(total), where=free > 0))
    for _ in range(steps):
        middle = (low + high) / 2
        short = _held(rows, middle, floors, caps) < total
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    result = amounts.copy()
    result[off] = np.clip(rows * high[:, None], floors, caps)
    return result


def _held(
    rows: NDArray[np.float64], factor: NDArray[np.float64], floors: NDArray[np.float64], caps: NDArray[np.float64]
) -> NDArray[np.float64]:
    held: NDArray[np.float64] = np.clip(rows * factor[:, None], floors, caps).sum(axis=1)
    return held
