"""How fast a yearly series changes: annual percent change (APC), by a model that fits what is measured.

Event rates: log-linear, the numerator's variance that of a count (quasi-Poisson). Proportions: log-linear with binomial
variance, but on the logit where a point nears the ceiling, since a coverage of 98% cannot grow by 3% a year; the change
is then one of the odds. Figures without a count behind them (money, plans, means): log-linear least squares.

Over-dispersion is estimated from Pearson's chi-square and never taken as less than 1, so that a lucky series claims no
precision its counts do not have; limits use Student's t with n − 2 degrees of freedom. They keep their level where a
series' denominators are of one size from year to year; where they differ many times over, over-dispersion of another
kind than the model's makes them too narrow.

Joinpoints (Kim et al. 2000, Statistics in Medicine 19: 335–351) are not looked for: a joinpoint takes two parameters,
its place and the second slope, which of six points leaves two degrees of freedom to tell it from chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, stdtr, stdtrit

from evaltools.rates import Floats

MODELS = ("log_events", "log_share", "logit", "log_value")
"""Names of the models, in the order of the docstring above."""

LEAST = 3
"""Fewer points leave no degree of freedom to judge a slope by."""

REASONS = ("", "too_few_to_trend", "no_cases", "all_full", "all_equal", "not_above_zero", "no_convergence")
"""Why there is no annual change."""

_STEPS = 50
_NEAR = 1e-10


@dataclass(frozen=True)
class AnnualChange:
    """One number a series: slope on the model's scale, its standard error after dispersion, degrees of freedom.

    change, lower, upper: percent a year, of the rate or, for `logit`, of the odds; 95% limits. p: two-sided, of no
    change. dispersion: 1 or more; NaN for `log_value`. model: a place in `MODELS`; reason: one in `REASONS`.
    """

    slope: Floats
    error: Floats
    change: Floats
    lower: Floats
    upper: Floats
    p: Floats
    dispersion: Floats
    model: NDArray[np.int64]
    reason: NDArray[np.int64]


def annual_changes(
    numerator: Floats,
    denominator: Floats,
    value: Floats,
    time: Floats,
    kind: NDArray[np.object_],
    ceiling: float | Floats,
) -> AnnualChange:
    """Fit every series, one a row, a column a year, by the model of its kind.

    numerator, denominator, value: NaN for a gap; time: the years; kind: of the indicators, by row; ceiling: the share
    (0 to 1) from which a proportion is fitted on the logit, one for all or one a row. Proportions above 1 are gaps.
    """
    time = time - time.mean()
    share = (kind == "proportion")[:, None]
    counted = share | (kind == "rate")[:, None]
    possible = (denominator > 0) & (numerator >= 0) & (~share | (numerator <= denominator))
    known = np.where(counted, possible, np.isfinite(value))
    x, n, y = (np.where(known, column, np.nan) for column in (numerator, denominator, value))
    below = np.where(counted & known, n, np.nan)
    quotient = np.where(counted, x / below, y)
    highest = np.max(quotient, axis=1, initial=-np.inf, where=known)
    model = np.select(
        [kind == "rate", (kind == "proportion") & (highest >= ceiling), kind == "proportion"], [0, 2, 1], 3
    )
    lowest = np.min(quotient, axis=1, initial=np.inf, where=known)
    with np.errstate(invalid="ignore"):
        equal = (highest - lowest) <= 1e-12 * np.abs(highest)
    reason = np.select(
        [
            known.sum(axis=1) < LEAST,
            counted[:, 0] & (highest <= 0),
            (kind == "proportion") & (lowest >= 1),
            equal,
            ~counted[:, 0] & (lowest <= 0),
        ],
        [1, 2, 3, 4, 5],
        0,
    )
    slope, error, dispersion = (np.full(len(x), np.nan) for _ in range(3))
    for at in range(len(MODELS)):
        rows = np.flatnonzero((reason == 0) & (model == at))
        if len(rows):
            fit = _least_squares(y[rows], time) if at == 3 else _quasi(x[rows], n[rows], time, MODELS[at])
            for column, numbers in zip((slope, error, dispersion), fit, strict=True):
                column[rows] = numbers
    reason = np.where((reason == 0) & np.isnan(slope), 6, reason)
    freedom = np.maximum(known.sum(axis=1) - 2, 1).astype(float)
    half = stdtrit(freedom, 0.975) * error
    p = 2 * stdtr(freedom, -np.abs(np.divide(slope, error, out=np.full(len(x), np.nan), where=error > 0)))
    change, lower, upper = (np.expm1(np.clip(edge, -700, 700)) * 100 for edge in (slope, slope - half, slope + half))
    return AnnualChange(slope, error, change, lower, upper, p, dispersion, model, reason)


def _least_squares(value: Floats, time: Floats) -> tuple[Floats, Floats, Floats]:
    known = np.isfinite(value)
    y = np.log(np.where(known, value, 1.0))
    intercept, slope, spread = _line(y, known.astype(float), time)
    left = np.where(known, y - intercept[:, None] - slope[:, None] * time, 0.0)
    variance = (left**2).sum(axis=1) / (known.sum(axis=1) - 2)
    return slope, np.sqrt(variance / spread), np.full(len(value), np.nan)


def _quasi(x: Floats, n: Floats, time: Floats, model: str) -> tuple[Floats, Floats, Floats]:
    """Slope, its standard error after dispersion, and the dispersion, by iteratively reweighted least squares.

    McCullagh & Nelder (1989, Generalized Linear Models, 2nd ed.): the same iterations as any program's, on all rows
    at once; rows that have settled keep what they have. NaN where the iterations do not settle.
    """
    known = ~np.isnan(x)
    x, n = np.where(known, x, 0.0), np.where(known, n, 1.0)
    # a start inside the possible: every share pulled towards the middle by half a case
    share = np.clip((x + 0.5) / (n + 1), 1e-9, 1 - 1e-9) if model != "log_events" else (x + 0.5) / n
    eta = np.log(share / (1 - share)) if model == "logit" else np.log(share)
    done = np.zeros(len(x), dtype=bool)
    intercept, slope, spread = (np.full(len(x), np.nan) for _ in range(3))
    for _ in range(_STEPS):
        _, weight, working = _working(eta, x, n, model)
        a, b, s = _line(working, np.where(known, weight, 0.0), time)
        settled = np.abs(b - slope) <= _NEAR * (1 + np.abs(b))
        settled &= np.abs(a - intercept) <= _NEAR * (1 + np.abs(a))
        intercept, slope, spread = (np.where(done, old, new) for old, new in ((intercept, a), (slope, b), (spread, s)))
        done |= settled
        eta = np.where(done[:, None], eta, a[:, None] + b[:, None] * time)
        if model == "log_share":
            eta = np.minimum(eta, -1e-9)  # no share above 1
        if done.all():
            break
    fitted = _working(intercept[:, None] + slope[:, None] * time, x, n, model)[0]
    with np.errstate(all="ignore"):  # a fit that runs away has no dispersion, and is told so below
        variance = fitted if model == "log_events" else fitted * (1 - fitted / n)
        pearson = np.where(known, (x - fitted) ** 2 / variance, 0.0).sum(axis=1)
    dispersion = np.maximum(pearson / (known.sum(axis=1) - 2), 1.0)
    impossible = ~done | ~np.isfinite(pearson)
    return tuple(  # type: ignore[return-value]
        np.where(impossible, np.nan, column) for column in (slope, np.sqrt(dispersion / spread), dispersion)
    )


def _working(eta: Floats, x: Floats, n: Floats, model: str) -> tuple[Floats, Floats, Floats]:
    """Return fitted counts, weights and working values of one step."""
    with np.errstate(all="ignore"):
        if model == "logit":
            share = expit(eta)
            weight = n * share * (1 - share)
            return n * share, weight, eta + (x - n * share) / np.where(weight > 0, weight, np.nan)
        mean = n * np.exp(eta)
        weight = mean if model == "log_events" else mean / (1 - np.exp(eta))
        return mean, weight, eta + (x - mean) / mean


def _line(y: Floats, weight: Floats, time: Floats) -> tuple[Floats, Floats, Floats]:
    """Weighted straight line of each row: its level at time 0, its slope, and the weighted spread of the times."""
    y = np.where(weight > 0, y, 0.0)
    total = weight.sum(axis=1)
    with np.errstate(all="ignore"):
        middle = (weight @ time) / total
        level = (weight * y).sum(axis=1) / total
        apart = time - middle[:, None]
        spread = (weight * apart**2).sum(axis=1)
        slope = (weight * apart * (y - level[:, None])).sum(axis=1) / spread
    return level - slope * middle, slope, spread
