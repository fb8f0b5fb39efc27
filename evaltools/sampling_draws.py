"""Values of an indicator drawn again from what their numerators and denominators leave uncertain."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

FEWEST = 10.0
"""From so many events and so many non-events on, `beta_quantiles` stands for the beta distribution itself."""

_CLOSE = 1e-6

Draw = Callable[[np.random.Generator, int], NDArray[np.floating]]


def beta_quantiles(a: Floats, b: Floats, z: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return quantiles of Beta(a, b) at standard normal deviates z, by Carter (1947), Abramowitz & Stegun 26.5.22.

    a, b: above 1. With both 10 or more, within 4 standard errors of the middle, less than 0.05 of a standard deviation
    off; the error falls in proportion to the smaller one.
    """
    of_a, of_b = 1 / (2 * a - 1), 1 / (2 * b - 1)
    h = 2 / (of_a + of_b)
    kind = z.dtype
    inner, skew = (5 / 6 - 2 / (3 * h)).astype(kind), (of_b - of_a).astype(kind)
    size, odds = h.astype(kind), (b / a).astype(kind)
    spread = (z * z - 3) / 6
    # the deviates of the formula count from the top
    w = -z * np.sqrt(size + spread) / size - skew * (spread + inner)
    quantiles: NDArray[np.floating] = 1 / (1 + odds * np.exp(2 * w))
    return quantiles


class Sampler:
    """Draws values of one indicator, for one area or unit an entry.

    A proportion x of n is drawn from Beta(x + 1/2, n − x + 1/2), a rate of x events in n from Gamma(x + 1/2) / n: what
    is known of the rate behind the count when nothing was known before (Jeffreys 1946). value, numerator, denominator,
    per: value = numerator / denominator × per; kind: of the catalogue. `drawn` says which are drawn: proportions and
    rates above which all this holds. Others, also proportions above 100%, keep their value in every draw.
    """

    def __init__(
        self, value: Floats, numerator: Floats, denominator: Floats, kind: NDArray[np.object_], per: Floats
    ) -> None:
        self.value, self.denominator = value, denominator
        with np.errstate(invalid="ignore", divide="ignore"):
            known = (denominator > 0) & (numerator >= 0) & np.isfinite(denominator)
            known &= np.isclose(numerator / denominator * per, value, rtol=_CLOSE, atol=0)
            share = known & (kind == "proportion") & (numerator <= denominator)
        events = known & (kind == "rate")
        self.drawn: Flags = share | events
        a, b = numerator + 0.5, denominator - numerator + 0.5
        many = share & (np.fmin(a, b) >= FEWEST)
        self._parts: list[tuple[NDArray[np.intp], Draw]] = []
        for chosen, make in ((many, _smooth), (share & ~many, _beta), (events, _gamma)):
            at = np.flatnonzero(chosen)
            if len(at):
                self._parts.append((at, make(a[at], b[at], denominator[at], per[at])))

    def draw(self, random: np.random.Generator, simulations: int) -> Floats:
        """Return simulations × entries, in the measure of the values."""
        if len(self._parts) == 1 and self.drawn.all():
            return self._parts[0][1](random, simulations).astype(float, copy=False)
        values = np.broadcast_to(self.value, (simulations, len(self.value))).copy()
        for at, draw in self._parts:
            values[:, at] = draw(random, simulations)
        return values


def _smooth(a: Floats, b: Floats, n: Floats, per: Floats) -> Draw:
    scale = per.astype(np.float32)

    def draw(random: np.random.Generator, simulations: int) -> NDArray[np.floating]:
        # single precision: seven digits of a value are more than its sampling error leaves
        z = random.standard_normal((simulations, len(a)), dtype=np.float32)
        return beta_quantiles(a, b, z) * scale

    return draw


def _beta(a: Floats, b: Floats, n: Floats, per: Floats) -> Draw:
    return lambda random, simulations: random.beta(a, b, (simulations, len(a))) * per


def _gamma(a: Floats, b: Floats, n: Floats, per: Floats) -> Draw:
    return lambda random, simulations: random.standard_gamma(a, (simulations, len(a))) * (per / n)
