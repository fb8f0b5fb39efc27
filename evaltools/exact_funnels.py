"""Exact limits of a funnel plot: binomial for proportions, Poisson for rates, interpolated between whole cases.

`benchmarks.funnel_limits` has the limits of PHEindicatormethods, which for proportions are the normal approximation.
Here the limits come from the distribution of the number of cases itself. As cases are whole, no number has exactly
the tail wanted; Spiegelhalter (2005, Statistics in Medicine 24: 1185–1202, appendix A.1.1) interpolates between the
two whole numbers beside it, so that the limits are smooth curves of the size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import betainc, gammainc, gammaincc, gammaincinv

from evaltools.benchmarks import funnel_sizes
from evaltools.rates import Floats

INTERPOLATIONS = ("tails", "spiegelhalter")
"""`tails`: the lower limit from P(cases ≤ k), the upper one from P(cases ≥ k). `spiegelhalter`: both from the first."""

_Tail = Callable[[Floats], Floats]


def exact_limits(
    denominator: ArrayLike | pd.Series,
    average: float,
    kind: str,
    per: float = 1,
    confidence: Sequence[float] = (0.95, 0.998),
    interpolation: str = "tails",
) -> pd.DataFrame:
    """Exact control limits of a funnel plot around an average, by the size of the denominator.

    Arguments and result are those of `benchmarks.funnel_limits`: average is cases / denominator of all areas, not
    multiplied by `per`; kind is `proportion` (binomial) or `rate` (Poisson; for a standardised ratio the expected
    cases as denominator, an average of 1). Returns denominator, baseline, lower_95, upper_95, lower_99_8, upper_99_8
    (× per); a Series keeps its index. NaN in, NaN out. A denominator need not be whole.

    With p the tail on one side, (1 − confidence) / 2:

    lower limit: r is the smallest whole number with P(cases ≤ r) ≥ p; the limit is r − a, where
        a = (P(cases ≤ r) − p) / P(cases = r), over the denominator and not below 0 (Spiegelhalter 2005).
    upper limit, `tails`: the lower limit of those without the event, turned round: s is the largest whole number with
        P(cases ≥ s) ≥ p, the limit s + (P(cases ≥ s) − p) / P(cases = s). An area is beyond a limit exactly where as
        extreme a number as its own has a chance below p, on either side.
    upper limit, `spiegelhalter`: the formula of the lower one with 1 − p. It is nearly one case lower, so that an
        area can be beyond it whose number is common: with 5 of 5 expected at 90%, 5 is already above.

    Raises ValueError for another kind or interpolation, a denominator of zero or less, an average that is impossible,
    or a confidence that is not between 0 and 1.
    """
    if kind not in ("proportion", "rate"):
        raise ValueError(f"exact funnel limits exist for proportion and rate; found {kind!r}")
    if interpolation not in INTERPOLATIONS:
        raise ValueError(f"interpolation is one of {', '.join(INTERPOLATIONS)}; found {interpolation!r}")
    highest = 1 if kind == "proportion" else np.inf
    index = denominator.index if isinstance(denominator, pd.Series) else None
    given = funnel_sizes(denominator, average, highest)
    n = np.where(np.isnan(given), 1.0, given)
    at_most, at_least = _tails(n, average, kind)
    most = n if kind == "proportion" else n * average + 40 * np.sqrt(n * average) + 60
    columns = {"denominator": given, "baseline": np.full(len(given), average * per)}
    for level in confidence:
        if not 0 < level < 1:
            raise ValueError(f"confidence must be between 0 and 1; found {level!r}")
        tail = (1 - level) / 2
        lower = _last_below(at_most, tail, most)
        upper = _first_above(at_least, tail, most) if interpolation == "tails" else _last_below(at_most, 1 - tail, most)
        if average in (0, highest):  # nothing can vary
            lower = upper = n * average
        name = f"{level * 100:g}".replace(".", "_")
        for side, cases in (("lower", lower), ("upper", upper)):
            limit = np.clip(cases, 0, most) / n * per
            columns[f"{side}_{name}"] = np.where(np.isnan(given), np.nan, limit)
    return pd.DataFrame(columns, index=index)


def garwood_limits(expected: ArrayLike, confidence: Sequence[float] = (0.95, 0.998)) -> pd.DataFrame:
    """Limits of a standardised ratio as FunnelPlotR draws them: the exact Poisson interval of the expected number.

    expected: expected cases, above zero. Returns expected and for each confidence lower_95, upper_95, lower_99_8,
    upper_99_8 as ratios to it: the interval of Garwood (1936) for as many cases as are expected, χ² quantiles over
    2 × expected. It takes the expected number for an observed one; `exact_limits` and `funnel_limits` do not.
    NaN in, NaN out. Raises ValueError for an expected number of zero or less.
    """
    cases = np.atleast_1d(np.asarray(expected, dtype=float))
    if (cases <= 0).any():
        raise ValueError(f"expected cases must be above zero; found {cases[cases <= 0][0]:g}")
    columns = {"expected": cases}
    for level in confidence:
        tail = (1 - level) / 2
        name = f"{level * 100:g}".replace(".", "_")
        columns[f"lower_{name}"] = gammaincinv(cases, tail) / cases
        columns[f"upper_{name}"] = gammaincinv(cases + 1, 1 - tail) / cases
    return pd.DataFrame(columns)


def _tails(n: Floats, average: float, kind: str) -> tuple[_Tail, _Tail]:
    """Return P(cases ≤ k) and P(cases ≥ k) as functions of whole numbers k, one for each denominator."""
    if kind == "rate":
        mean = n * average
        return (
            lambda k: np.where(k < 0, 0.0, gammaincc(np.maximum(k, 0) + 1, mean)),
            lambda k: np.where(k <= 0, 1.0, gammainc(np.maximum(k, 1), mean)),
        )

    def at_most(k: Floats) -> Floats:
        inside = np.clip(k, 0, np.nextafter(n, 0))
        return np.where(k < 0, 0.0, np.where(k >= n, 1.0, betainc(n - inside, inside + 1, 1 - average)))

    def at_least(k: Floats) -> Floats:
        inside = np.clip(k, 0.5, n)
        return np.where(k <= 0, 1.0, np.where(k > n, 0.0, betainc(inside, n - inside + 1, average)))

    return at_most, at_least


def _last_below(at_most: _Tail, tail: float, most: Floats) -> Floats:
    """Return r − a for the smallest whole r with P(cases ≤ r) ≥ tail, found by halving."""
    low, high = np.full(len(most), -1.0), np.ceil(most)
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        reached = at_most(middle) >= tail
        high, low = np.where(reached, middle, high), np.where(reached, low, middle)
    chance, before = at_most(high), at_most(high - 1)
    return high - _share(chance - tail, chance - before)


def _first_above(at_least: _Tail, tail: float, most: Floats) -> Floats:
    """Return s + a for the largest whole s with P(cases ≥ s) ≥ tail, found by halving."""
    low, high = np.zeros(len(most)), np.ceil(most) + 1
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        reached = at_least(middle) >= tail
        low, high = np.where(reached, middle, low), np.where(reached, high, middle)
    chance, beyond = at_least(low), at_least(low + 1)
    return low + _share(chance - tail, chance - beyond)


def _share(part: Floats, whole: Floats) -> Floats:
    return np.asarray(np.clip(np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0), 0, 1), dtype=float)
