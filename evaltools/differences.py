"""How far two figures are apart, how far chance alone could put them, and whether it could.

Every function takes numerator and denominator of both sides, arrays of one length, and gives NaN where there is
nothing to compute. Both sides are taken as independent; of one register in two years, whose people are largely the
same, intervals are on the wide side and tests on the cautious one.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import bdtr, bdtrc, chdtrc, ndtr

from evaltools.rates import Floats, poisson_limits, wilson_limits, z_of

MOST_EXACT = 1e9
"""Above so many events the comparison of two event rates is by the normal approximation."""

SMALLEST_EXPECTED = 1.0
"""Below this expected count the test of two proportions is not to be trusted (Campbell 2007), and is not made."""


def difference(
    count: pd.Series, n: pd.Series, earlier_count: pd.Series, earlier_n: pd.Series, per: float = 1
) -> pd.DataFrame:
    """`count / n − earlier_count / earlier_n`, times `per`, with its 95% interval.

    Newcombe (1998, Statistics in Medicine 17: 873–890), method 10: the Wilson limits of both proportions, squared
    and added. Columns value, lower, upper, in units of `per`, with the index of `count`; NaN in or an impossible
    proportion (above 1, a denominator of zero), NaN limits out.
    """
    numbers = [np.asarray(column, dtype=float) for column in (count, n, earlier_count, earlier_n)]
    now, before = _quotient(*numbers[:2]), _quotient(*numbers[2:])
    limits, earlier_limits = wilson_limits(numbers[0], numbers[1]), wilson_limits(numbers[2], numbers[3])
    lower, upper = squared_and_added(now, limits, before, earlier_limits)
    return pd.DataFrame(
        {"value": (now - before) * per, "lower": lower * per, "upper": upper * per},
        index=count.index,
    )


def rate_difference_limits(count: Floats, n: Floats, earlier_count: Floats, earlier_n: Floats) -> tuple[Floats, Floats]:
    """95% limits of the difference of two event rates, the Poisson limits of both squared and added.

    Donner & Zou (2012, Statistical Methods in Medical Research 21: 347–359), with the limits of `rates.rate`.
    """
    sides = []
    for x, size in ((count, n), (earlier_count, earlier_n)):
        lower, upper = poisson_limits(x)
        sides.append((_quotient(x, size), (_quotient(lower, size), _quotient(upper, size))))
    return squared_and_added(sides[0][0], sides[0][1], sides[1][0], sides[1][1])


def squared_and_added(
    now: Floats, limits: tuple[Floats, Floats], before: Floats, earlier_limits: tuple[Floats, Floats]
) -> tuple[Floats, Floats]:
    """Limits of `now − before` from the limits of both: the distances to them, squared and added."""
    apart = now - before
    lower = apart - np.hypot(now - limits[0], earlier_limits[1] - before)
    upper = apart + np.hypot(limits[1] - now, before - earlier_limits[0])
    return lower, upper


def ratio_limits(
    count: Floats, n: Floats, earlier_count: Floats, earlier_n: Floats, proportion: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """95% limits of `(count / n) / (earlier_count / earlier_n)` by the logarithm of the ratio.

    Variance of the logarithm: of two proportions 1/x − 1/n on each side (Katz et al. 1978, Biometrics 34: 469–474),
    of two event rates 1/x. NaN where a side has no case, where both have nothing else, and for a proportion above 1.
    """
    sizes = (n, earlier_n)
    parts = [_quotient(np.ones_like(x), np.where(x > 0, x, np.nan)) for x in (count, earlier_count)]
    parts = [
        part - np.where(proportion, _quotient(np.ones_like(s), s), 0) for part, s in zip(parts, sizes, strict=True)
    ]
    variance = parts[0] + parts[1]
    possible = ~proportion | ((count <= n) & (earlier_count <= earlier_n))
    spread = z_of(0.95) * np.sqrt(np.where(possible & (variance > 0), variance, np.nan))
    ratio = _quotient(_quotient(count, n), _quotient(earlier_count, earlier_n))
    with np.errstate(over="ignore"):  # next to no cases: the upper limit is beyond all numbers
        return ratio * np.exp(-spread), ratio * np.exp(spread)


def proportions_test(count: Floats, n: Floats, earlier_count: Floats, earlier_n: Floats) -> Floats:
    """Two-sided p of no difference between two proportions: the chi-square test with N − 1.

    Campbell (2007, Statistics in Medicine 26: 3661–3675). NaN where the smallest expected count is below
    `SMALLEST_EXPECTED`, so also where all or none are cases, and for what is no proportion.
    """
    total, events = n + earlier_n, count + earlier_count
    rest = total - events
    valid = (count >= 0) & (earlier_count >= 0) & (count <= n) & (earlier_count <= earlier_n)
    smallest = _quotient(np.minimum(events, rest) * np.minimum(n, earlier_n), total)
    valid &= smallest >= SMALLEST_EXPECTED
    cross = count * (earlier_n - earlier_count) - earlier_count * (n - count)
    chi2 = _quotient(cross**2 * (total - 1), n * earlier_n * np.where(valid, events * rest, np.nan))
    return np.where(valid, chdtrc(1, np.where(valid, chi2, 0)), np.nan)


def rates_test(count: Floats, n: Floats, earlier_count: Floats, earlier_n: Floats) -> Floats:
    """Two-sided p of no difference between two event rates: exact, given the number of events of both together.

    Przyborowski & Wilenski (1940, Biometrika 31: 313–323); twice the smaller tail, 1 at most. NaN for no event at all.
    """
    events = count + earlier_count
    share = _quotient(n, n + earlier_n)
    valid = (count >= 0) & (earlier_count >= 0) & (events > 0) & (share > 0) & (share < 1)
    # the binomial wants whole numbers; a count that is none (standardised, weighted) is taken at its nearest
    # beyond what the function takes, the normal approximation is as good as exact
    huge = valid & (events > MOST_EXACT)
    apart = _quotient(count - events * share, np.sqrt(np.where(huge, events * share * (1 - share), np.nan)))
    exact = valid & ~huge
    x, p = np.rint(np.where(exact, count, 0)), np.where(exact, share, 0.5)
    size = np.rint(np.where(exact, events, 1)).astype(np.int64)
    most = bdtr(x, size, p)
    least = np.where(x > 0, bdtrc(np.maximum(x - 1, 0), size, p), 1.0)
    tails = np.where(huge, 2 * ndtr(-np.abs(apart)), np.minimum(2 * np.minimum(most, least), 1.0))
    return np.where(valid, tails, np.nan)


def benjamini_hochberg(p: Floats, families: NDArray[np.int64]) -> Floats:
    """p values adjusted for being looked at together, by family: Benjamini & Hochberg (1995, JRSS B 57: 289–300).

    Of those below 0.05 no more than 5% are expected to be chance. `families` numbers the family of each. NaN stays.
    """
    given = np.flatnonzero(~np.isnan(p))
    adjusted = np.full(len(p), np.nan)
    if not len(given):
        return adjusted
    order = given[np.lexsort((-p[given], families[given]))]  # the largest p first within its family
    _, start, row, size = np.unique(families[order], return_index=True, return_inverse=True, return_counts=True)
    column = np.arange(len(order)) - start[row]
    scaled = np.full((len(size), size.max()), np.inf)  # one row a family
    scaled[row, column] = p[order] * size[row] / (size[row] - column)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled, axis=1), 1.0)[row, column]
    return adjusted


def _quotient(above: Floats, below: Floats) -> Floats:
    above, below = np.broadcast_arrays(np.asarray(above, dtype=float), np.asarray(below, dtype=float))
    quotient: Floats = np.divide(above, below, out=np.full(above.shape, np.nan), where=below != 0)
    return quotient
