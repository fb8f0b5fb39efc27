"""Proportions, rates and directly or indirectly standardised rates, each with its confidence interval.

The conventions are those of the English public-health agencies (R package PHEindicatormethods 2.1.0), whose
published figures are the reference cases of the tests.

`proportion`, `rate`, `standardised` and `indirectly_standardised` refuse impossible input; the `*_limits`
functions below them give NaN instead, for callers that meet impossible data and have a reason to print.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtri, gammaincinv, ndtri

Floats = NDArray[np.float64]
Numbers = ArrayLike | pd.Series

BYAR_FROM = 10
"""Byar's approximation is used from this many events; below it the exact limits."""

DSR_FROM = 10
"""Below this many events in all a directly standardised rate is not given (Dobson et al. 1991)."""


def proportion(count: Numbers, n: Numbers, per: float = 1, confidence: float = 0.95) -> pd.DataFrame:
    """`count / n × per` with the Wilson score interval (Wilson 1927), without continuity correction.

    Scalars, arrays or Series (their index is kept) in; columns value, lower, upper out. NaN in, NaN out.
    Raises ValueError for a negative count, a count above n, an n of zero or less, an infinite number, or a
    confidence outside 0.9 to 1.

    Examples:
    >>> import evaltools as ev
    >>> print(ev.rates.proportion(29_400, 42_300, per=100).round(2))
       value  lower  upper
    0   69.5  69.06  69.94
    """
    index, (x, size) = _columns(count=count, n=n)
    _refuse(x, x < 0, "count must be zero or more")
    _refuse(size, size <= 0, "n must be above zero")
    _refuse(x, x > size, "count must not be above n for a proportion")
    lower, upper = wilson_limits(x, size, confidence)
    return _frame(index, x / size, lower, upper, per)


def rate(count: Numbers, population: Numbers, per: float = 100_000, confidence: float = 0.95) -> pd.DataFrame:
    """`count / population × per`, events per population or person-years, with a Poisson interval.

    Exact limits (Garwood 1936) below 10 events, Byar's approximation (Breslow & Day 1987) from 10. Scalars,
    arrays or Series (their index is kept) in; columns value, lower, upper out. NaN in, NaN out. More events
    than population are allowed. Raises ValueError for a negative count, a population of zero or less, an
    infinite number, or a confidence outside 0.9 to 1.

    Examples:
    >>> import evaltools as ev
    >>> print(ev.rates.rate([8, 25], [52_000, 61_000], per=100_000).round(1))
       value  lower  upper
    0   15.4    6.6   30.3
    1   41.0   26.5   60.5
    """
    index, (x, size) = _columns(count=count, population=population)
    _refuse(x, x < 0, "count must be zero or more")
    _refuse(size, size <= 0, "population must be above zero")
    lower, upper = poisson_limits(x, confidence)
    return _frame(index, x / size, lower / size, upper / size, per)


def standardised(
    count: Numbers,
    population: Numbers,
    standard_population: Numbers,
    per: float = 100_000,
    confidence: float = 0.95,
    groups: Sequence[Any] | pd.Series | None = None,
) -> pd.DataFrame:
    """Directly standardised rate `Σ w·x/n / Σ w × per`, with the interval of Dobson et al. (1991).

    One number a stratum (age band) in each array. One row out; with `groups`, a label for each stratum, one
    row a group in order of appearance. Columns value, lower, upper.

    Limits: value + √(variance / Σx) × (Byar's limit of Σx − Σx), variance `Σ w²x/n² / (Σ w)²`. They are not
    cut at zero. NaN when a group has fewer than 10 events in all, and when any of its numbers is NaN: a
    missing stratum is missing (the R package counts it as no events). Raises ValueError for a negative count
    or weight, a population of zero or less, weights that sum to zero, no stratum at all, an infinite number,
    or a confidence outside 0.9 to 1.

    Examples:
    >>> import evaltools as ev
    >>> print(ev.rates.standardised([10, 30, 60], [5_000, 4_000, 2_000], [50, 30, 20], per=1000).round(2))
       value  lower  upper
    0   9.25   7.51  11.27
    """
    _, (x, n, w) = _columns(count=count, population=population, standard_population=standard_population)
    _refuse(x, x < 0, "count must be zero or more")
    _refuse(n, n <= 0, "population must be above zero")
    _refuse(w, w < 0, "standard_population must be zero or more")
    index, sums = _group_sums(groups, x, n, x * w / n, w, x * (w / n) ** 2)
    total, _population, weighted, weight, squared = sums
    _refuse(weight, weight <= 0, "standard_population must not sum to zero")
    total = np.where(total < DSR_FROM, np.nan, total)
    value = np.where(np.isnan(total), np.nan, weighted / weight)
    spread = np.sqrt(squared / weight**2 / total)
    lower, upper = byar_limits(total, confidence)
    return _frame(index, value, value + spread * (lower - total), value + spread * (upper - total), per)


def indirectly_standardised(
    count: Numbers,
    population: Numbers,
    reference_count: Numbers,
    reference_population: Numbers,
    per: float = 1,
    confidence: float = 0.95,
    groups: Sequence[Any] | pd.Series | None = None,
) -> pd.DataFrame:
    """Indirectly standardised ratio, observed over expected events, `Σx / Σ n·X/N × per`.

    For the indirectly standardised rate multiply by the reference's crude rate: `per = 100_000 × ΣX/ΣN`.
    Strata, groups and columns as in `standardised`; limits of the observed count as in `rate` (exact below 10
    events, then Byar; Breslow & Day 1987), over the expected. NaN when any number of the group is NaN. Raises
    ValueError as `standardised` does.
    """
    _, (x, n, x_ref, n_ref) = _columns(
        count=count,
        population=population,
        reference_count=reference_count,
        reference_population=reference_population,
    )
    _refuse(x, x < 0, "count must be zero or more")
    _refuse(x_ref, x_ref < 0, "reference_count must be zero or more")
    _refuse(n, n <= 0, "population must be above zero")
    _refuse(n_ref, n_ref <= 0, "reference_population must be above zero")
    index, (observed, expected) = _group_sums(groups, x, n * x_ref / n_ref)
    _refuse(expected, expected <= 0, "the reference must have events to expect any")
    lower, upper = poisson_limits(observed, confidence)
    return _frame(index, observed / expected, lower / expected, upper / expected, per)


def wilson_limits(count: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Lower and upper Wilson score limits of `count / n`, between 0 and 1 (Wilson 1927).

    NaN where there is no proportion: a NaN, a negative count, an n of zero or less, a count above n.
    """
    z = z_of(confidence)
    x, size = np.broadcast_arrays(np.asarray(count, dtype=float), np.asarray(n, dtype=float))
    valid = (x >= 0) & (size > 0) & (x <= size)
    x, size = np.where(valid, x, np.nan), np.where(valid, size, np.nan)
    p = x / size
    centre = (2 * x + z**2) / (2 * (size + z**2))
    half = z * np.sqrt(z**2 + 4 * x * (1 - p)) / (2 * (size + z**2))
    # at 0/n and n/n the limit is the proportion itself; rounding must not put it on the wrong side
    return np.clip(centre - half, 0, p), np.clip(centre + half, p, 1)


def byar_limits(count: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Lower and upper limits of a Poisson count by Byar's approximation (Breslow & Day 1987).

    NaN for a NaN or negative count; the lower limit is NaN too where the approximation falls below zero or is
    undefined (no events).
    """
    z = z_of(confidence)
    x = np.asarray(count, dtype=float)
    x = np.where(x >= 0, x, np.nan)
    some = np.where(x > 0, x, np.nan)
    lower = some * (1 - 1 / (9 * some) - z / (3 * np.sqrt(some))) ** 3
    more = x + 1
    upper = more * (1 - 1 / (9 * more) + z / (3 * np.sqrt(more))) ** 3
    return np.where(lower < 0, np.nan, lower), upper


def exact_poisson_limits(count: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Lower and upper exact limits of a Poisson count, by chi-square quantiles (Garwood 1936).

    The lower limit of no events is 0. NaN for a NaN or negative count.
    """
    tail = (1 - _checked(confidence)) / 2
    x = np.asarray(count, dtype=float)
    x = np.where(x >= 0, x, np.nan)
    some = np.where(x > 0, x, 1.0)
    lower = np.where(x == 0, 0.0, gammaincinv(some, tail))
    upper = chdtri(2 * x + 2, tail) / 2
    return np.where(np.isnan(x), np.nan, lower), upper


def poisson_limits(count: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Limits of an event count: exact below 10 events, Byar from 10. NaN where those give NaN."""
    x = np.asarray(count, dtype=float)
    few = x < BYAR_FROM
    exact, byar = exact_poisson_limits(x, confidence), byar_limits(x, confidence)
    return np.where(few, exact[0], byar[0]), np.where(few, exact[1], byar[1])


def _checked(confidence: float) -> float:
    if not 0.9 <= confidence < 1:
        raise ValueError(f"confidence must be at least 0.9 and below 1, as in 0.95 or 0.998; got {confidence!r}")
    return confidence


def z_of(confidence: float) -> float:
    """Return the two-sided normal quantile, 1.96 for 0.95."""
    return float(-ndtri((1 - _checked(confidence)) / 2))


def _columns(**named: Numbers) -> tuple[pd.Index, list[Floats]]:
    """Same-length float arrays of the named arguments, and the index of the result.

    Series must share one index: pairing a count with another row's population would be a silent error.
    """
    index: pd.Index | None = None
    arrays: dict[str, Floats] = {}
    for name, values in named.items():
        if isinstance(values, pd.Series):
            if index is not None and not index.equals(values.index):
                raise ValueError(f"the index of {name} differs from the other Series'")
            index = values.index
            arrays[name] = values.to_numpy(dtype=float, na_value=np.nan)
        else:
            arrays[name] = np.atleast_1d(np.asarray(values, dtype=float))
        if arrays[name].ndim != 1:
            raise ValueError(f"{name} must have one dimension")
        _refuse(arrays[name], np.isinf(arrays[name]), f"{name} must be finite")
    sizes = {name: len(array) for name, array in arrays.items()}
    rows = len(index) if index is not None else max((s for s in sizes.values() if s != 1), default=1)
    if wrong := {name: size for name, size in sizes.items() if size not in (1, rows)}:
        raise ValueError(f"arrays of different lengths: {wrong} beside {rows}")
    return (
        pd.RangeIndex(rows) if index is None else index,
        [np.broadcast_to(array, rows) for array in arrays.values()],
    )


def _refuse(values: Floats, wrong: NDArray[np.bool_], allowed: str) -> None:
    """Raise ValueError naming the rows that break `allowed`."""
    rows = np.flatnonzero(wrong)
    if len(rows):
        found = ", ".join(f"{values[row]:g} at row {row}" for row in rows[:5])
        rest = f" and {len(rows) - 5} more" if len(rows) > 5 else ""
        raise ValueError(f"{allowed}; found {found}{rest}")


def _group_sums(groups: Sequence[Any] | pd.Series | None, *columns: Floats) -> tuple[pd.Index, tuple[Floats, ...]]:
    """Sums of the columns by group, in order of appearance; NaN where a member is NaN."""
    if len(columns[0]) == 0:
        raise ValueError("there is no stratum to standardise")
    if groups is None:
        return pd.RangeIndex(1), tuple(np.asarray([column.sum()], dtype=float) for column in columns)
    if len(groups) != len(columns[0]):
        raise ValueError(f"groups has {len(groups)} labels for {len(columns[0])} strata")
    codes, labels = pd.factorize(pd.Series(list(groups)), use_na_sentinel=False)
    return pd.Index(labels), tuple(np.asarray(np.bincount(codes, weights=c), dtype=float) for c in columns)


def _frame(index: pd.Index, value: Floats, lower: Floats, upper: Floats, per: float) -> pd.DataFrame:
    return pd.DataFrame({"value": value * per, "lower": lower * per, "upper": upper * per}, index=index)
