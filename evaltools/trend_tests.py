"""Tests for trend: chi-square of proportions (Cochran-Armitage), Mann-Kendall with Sen's slope."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, ndtr

from evaltools.decimals import NEAR
from evaltools.rates import Floats

VARIANCES = ("n", "n-1")


@dataclass(frozen=True)
class TrendTest:
    """Chi-square for trend with one degree of freedom, z with the sign of the trend, two-sided p; NaN with a reason."""

    chi2: float
    z: float
    p: float
    variance: str
    reason: str = ""


@dataclass(frozen=True)
class MannKendall:
    """Mann-Kendall statistic S, its variance with the correction for ties, z, two-sided p, Kendall's tau, Sen's slope.

    slope is per step of time and intercept the level at the first step; NaN with a reason.
    """

    s: float
    z: float
    p: float
    slope: float
    intercept: float
    tau: float
    variance: float
    reason: str = ""


def trend_test(count: ArrayLike, n: ArrayLike, time: ArrayLike | None = None, variance: str = "n") -> TrendTest:
    """Test whether proportions rise or fall steadily: chi-square for trend, Cochran-Armitage.

    Cochran (1954, Biometrics 10: 417–451), Armitage (1955, Biometrics 11: 375–386). count, n: cases and denominators,
    one a year or group; time: their scores, 0, 1, 2, … unless given. variance: `n` for the binomial variance
    p(1 − p) (R's prop.trend.test), `n-1` for the one that holds the margins fixed, p(1 − p) · N / (N − 1) (R's coin,
    Mantel 1963); the second gives a chi-square smaller by (N − 1) / N. z is positive for a rise.

    Pairs with a NaN are left out, and those with an n of zero, in which there is nobody. Fewer than two different
    times, all or none being cases, or a count above its n give NaN and a reason. Raises ValueError for arrays of
    different lengths, a variance not named above, a negative count or n, or an infinite number.

    Examples:
    >>> import evaltools as ev
    >>> test = ev.trends.trend_test([60, 66, 75], [100, 100, 100])
    >>> print(round(test.chi2, 3), round(test.z, 3), round(test.p, 4))
    5.088 2.256 0.0241
    """
    if variance not in VARIANCES:
        raise ValueError(f"variance is one of {', '.join(VARIANCES)}; found {variance!r}")
    x, size = np.asarray(count, dtype=float), np.asarray(n, dtype=float)
    score = np.arange(x.size, dtype=float) if time is None else np.asarray(time, dtype=float)
    if x.ndim != 1 or x.shape != size.shape or x.shape != score.shape:
        raise ValueError(f"arrays of one length are wanted; found {x.shape}, {size.shape}, {score.shape}")
    for row in np.flatnonzero((x < 0) | (size < 0) | np.isinf(x) | np.isinf(size) | np.isinf(score)):
        raise ValueError(f"counts and n are zero or more, and finite; found {x[row]:g} of {size[row]:g} at row {row}")
    if ((x > size) & ~np.isnan(score)).any():
        return TrendTest(np.nan, np.nan, np.nan, variance, _WHY[3])
    z, reason = trend_tests(x[None, :], size[None, :], score, variance)
    found = float(z[0])
    return TrendTest(found**2, found, float(chdtrc(1, found**2)), variance, _WHY[int(reason[0])])


_WHY = (
    "",
    "not computed: fewer than two points",
    "not computed: all or none are cases",
    "not computed: a numerator is above its denominator",
)
REASONS = ("", "too_few_to_trend", "all_or_none")
"""Why there is no test of trend."""

LEAST = 3
"""Two points make a difference, not a trend."""


def trend_tests(count: Floats, n: Floats, time: Floats, variance: str = "n") -> tuple[Floats, NDArray[np.int64]]:
    """Return z of `trend_test` for many series, one a row, and why there is none, as a place in `REASONS`."""
    times = np.broadcast_to(time, count.shape)
    known = (n > 0) & (count >= 0) & (count <= n) & ~np.isnan(times)
    x, size, t = (np.where(known, column, 0.0) for column in (count, n, times))
    total, events = size.sum(axis=1), x.sum(axis=1)
    p = np.divide(events, total, out=np.zeros(len(total)), where=total > 0)
    middle = np.divide((size * t).sum(axis=1), total, out=np.zeros(len(total)), where=total > 0)[:, None]
    spread = (size * (t - middle) ** 2).sum(axis=1)
    bottom = p * (1 - p) * spread
    if variance == "n-1":
        bottom = bottom * np.divide(total, total - 1, out=np.zeros(len(total)), where=total > 1)
    bottom = np.maximum(bottom, 0.0)
    top = ((t - middle) * x).sum(axis=1)
    reason = np.select(
        [~(spread > 0) | ((variance == "n-1") & (total <= 1)), (events == 0) | (events == total)], [1, 2], 0
    )
    z = np.divide(top, np.sqrt(bottom), out=np.full(len(total), np.nan), where=(reason == 0) & (bottom > 0))
    return z, reason


def two_sided(z: Floats) -> Floats:
    """Return the two-sided p of a standard normal z; NaN stays."""
    return np.asarray(2 * ndtr(-np.abs(z)), dtype=float)


def mann_kendall(values: ArrayLike) -> MannKendall:
    """Test whether a series tends to rise or fall, without a model, and give Sen's slope.

    Mann (1945, Econometrica 13: 245–259), Kendall (1975); variance corrected for ties; normal approximation with the
    continuity correction. Slope: the median of the slopes of all pairs (Sen 1968, JASA 63: 1379–1389); intercept:
    median of the values less slope × median of their times (Conover 1980). values: one a step of time, oldest first;
    NaN is a gap, which the test leaves out and the slope's times keep. Fewer than two values: NaN and a reason; all
    equal: s = 0 and p = 1. Raises ValueError for more than one dimension or an infinite number.

    Examples:
    >>> import evaltools as ev
    >>> test = ev.trends.mann_kendall([60, 62, 61, 65, 70])
    >>> print(test.s, round(test.p, 4), test.slope)
    8.0 0.0864 2.25
    """
    x = np.asarray(values.to_numpy(dtype=float) if isinstance(values, pd.Series) else values, dtype=float)
    if x.ndim != 1:
        raise ValueError(f"one dimension is wanted; found {x.ndim}")
    if np.isinf(x).any():
        raise ValueError("values must be finite; blank or NaN is a gap")
    found = mann_kendalls(x[None, :])
    known = np.flatnonzero(~np.isnan(x))
    if len(known) < 2:
        return MannKendall(np.nan, np.nan, np.nan, np.nan, np.nan, np.nan, np.nan, _WHY[1])
    s, z, p, slope, variance = (float(column[0]) for column in found)
    pairs = len(known) * (len(known) - 1) / 2
    intercept = float(np.median(x[known]) - np.median(known) * slope)
    return MannKendall(s, z, p, slope, intercept, s / pairs, variance)


def mann_kendalls(values: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Return s, z, p, slope and variance of `mann_kendall` for many series, one a row; NaN below two values."""
    n = (~np.isnan(values)).sum(axis=1).astype(float)
    s = np.zeros(len(values))
    equal = np.zeros(values.shape)
    slopes = []
    for at in range(values.shape[1]):
        apart = values[:, at + 1 :] - values[:, at : at + 1]
        # quotients of equal ratios may differ in their last digit: they are ties
        same = np.isclose(values, values[:, at : at + 1], rtol=NEAR, atol=0)
        apart = np.where(same[:, at + 1 :], 0.0, apart)
        s += np.nansum(np.sign(apart), axis=1)
        slopes.append(apart / np.arange(1, apart.shape[1] + 1))
        equal[:, at] = same.sum(axis=1)
    # each value of a group of t equal ones brings its share (t − 1)(2t + 5) of the group's correction
    ties = np.where(equal > 0, (equal - 1) * (2 * equal + 5), 0).sum(axis=1)
    variance = (n * (n - 1) * (2 * n + 5) - ties) / 18
    z = np.divide(s - np.sign(s), np.sqrt(variance), out=np.zeros(len(s)), where=variance > 0)
    p = two_sided(z)
    slope = _median(np.concatenate(slopes, axis=1) if slopes else np.empty((len(values), 0)))
    few = n < 2
    return tuple(np.where(few, np.nan, column) for column in (s, z, p, slope, variance))  # type: ignore[return-value]


def _median(numbers: Floats) -> Floats:
    """Median of each row without its NaN; numpy's own takes a Python call a row."""
    ordered = np.sort(numbers, axis=1)  # NaN last
    n = (~np.isnan(ordered)).sum(axis=1)
    low, high = ((n - 1) // 2).clip(0), (n // 2).clip(0)
    rows = np.arange(len(ordered))
    if not ordered.shape[1]:
        return np.full(len(ordered), np.nan)
    return np.where(n > 0, (ordered[rows, low] + ordered[rows, np.minimum(high, ordered.shape[1] - 1)]) / 2, np.nan)
