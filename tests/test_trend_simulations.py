"""What the methods promise, on many series whose truth is known: false alarms at their level, intervals that cover.

Each bound is one of the binomial distribution: were the promise kept exactly, a run in a thousand would fail it; the
seed is fixed, so this one does not.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from evaltools import differences, trend_marker, trend_tests
from evaltools.annual_change import annual_changes
from evaltools.rates import Floats, wilson_limits

SERIES, YEARS = 2000, np.arange(2019.0, 2025.0)


def at_most(share: float) -> int:
    """The most of `SERIES` that can happen if each happens with probability `share`."""
    return int(stats.binom.ppf(0.999, SERIES, share))


def at_least(share: float) -> int:
    return int(stats.binom.ppf(0.001, SERIES, share))


def denominators(random: np.random.Generator, least: int, most: int) -> Floats:
    """Counties of all sizes, each of nearly the same size every year."""
    size = np.exp(random.uniform(np.log(least), np.log(most), (SERIES, 1)))
    return np.rint(size * random.uniform(0.85, 1.15, (SERIES, len(YEARS))))


def flat(seed: int, share: Floats | float = 0.7) -> tuple[Floats, Floats]:
    random = np.random.default_rng(seed)
    n = denominators(random, 400, 60_000)
    return random.binomial(n.astype(int), share).astype(float), n


@pytest.mark.parametrize("share", [0.05, 0.5, 0.97])
def test_without_a_trend_false_alarms_stay_at_their_level(share: float) -> None:
    x, n = flat(1, share)
    z, _ = trend_tests.trend_tests(x, n, YEARS)
    assert (trend_tests.two_sided(z) < 0.05).sum() <= at_most(0.05)
    assert (trend_tests.two_sided(z) < 0.05).sum() >= at_least(0.04)  # nor asleep
    assert (trend_tests.mann_kendalls(x / n)[2] < 0.05).sum() <= at_most(0.05)
    lower, upper = wilson_limits(x, n)
    way, _ = trend_marker.markers(x / n, lower, upper, x, n)
    # five points, p < 0.002, and a sign that survives
    assert (np.isin(way, [1, -1])).sum() <= at_most(0.002)


@pytest.mark.parametrize(("kind", "share"), [("rate", 0.002), ("proportion", 0.4), ("proportion", 0.95)])
@pytest.mark.parametrize("spread", [0.0, 0.05], ids=["binomial", "over-dispersed"])
def test_the_interval_of_a_known_slope_covers_as_often_as_it_claims(kind: str, share: float, spread: float) -> None:
    random = np.random.default_rng(2)
    n = denominators(random, 50_000, 500_000)
    slope = 0.03
    time = YEARS - YEARS.mean()
    noise = random.normal(0, spread, n.shape)
    if share > 0.8:
        odds = share / (1 - share) * np.exp(slope * time + noise)
        true, ceiling = odds / (1 + odds), 0.8
    else:
        true, ceiling = share * np.exp(slope * time + noise - spread**2 / 2), 0.99
    x = random.binomial(n.astype(int), true).astype(float)
    found = annual_changes(x, n, x / n, YEARS, np.full(SERIES, kind, dtype=object), ceiling)
    assert (found.reason == 0).all()
    expected = np.expm1(slope) * 100
    covered = (found.lower <= expected) & (expected <= found.upper)
    assert covered.sum() >= at_least(0.95)
    # it is an interval and not everything: with t and the floor of the dispersion it is cautious, but it can miss
    assert not covered.all()


@pytest.mark.parametrize("kind", ["rate", "proportion"])
def test_of_a_flat_but_over_dispersed_series_few_annual_changes_are_called_clear(kind: str) -> None:
    random = np.random.default_rng(3)
    share = np.clip(random.normal(0.5, 0.03, (SERIES, 6)), 0.01, 0.99)
    x, n = flat(3, share)
    found = annual_changes(x, n, x / n, YEARS, np.full(SERIES, kind, dtype=object), 0.8)
    assert ((found.lower > 0) | (found.upper < 0)).sum() <= at_most(0.05)
    assert (trend_tests.mann_kendalls(x / n)[2] < 0.05).sum() <= at_most(0.05)


@pytest.mark.parametrize("share", [0.03, 0.5, 0.98])
def test_without_a_change_the_comparison_of_two_years_stays_at_its_level(share: float) -> None:
    x, n = (table[:, :2].T for table in flat(4, share))
    p = differences.proportions_test(x[0], n[0], x[1], n[1])
    assert (p < 0.05).sum() <= at_most(0.05)
    lower, upper = (
        differences.difference(*(pd.Series(c) for c in (x[0], n[0], x[1], n[1])))[name].to_numpy()
        for name in ("lower", "upper")
    )
    assert ((lower <= 0) & (upper >= 0)).sum() >= at_least(0.95)


@pytest.mark.parametrize("events", [0.5, 4.0, 60.0])
def test_so_does_the_comparison_of_two_event_rates(events: float) -> None:
    random = np.random.default_rng(5)
    n = random.integers(10_000, 90_000, (2, SERIES)).astype(float)
    x = random.poisson(events * n / 50_000).astype(float)
    p = differences.rates_test(x[0], n[0], x[1], n[1])
    assert (p < 0.05).sum() <= at_most(0.05)
    lower, upper = differences.rate_difference_limits(x[0], n[0], x[1], n[1])
    assert ((lower <= 0) & (upper >= 0)).sum() >= at_least(0.95)


def test_of_the_changes_called_clear_few_are_chance() -> None:
    """Benjamini & Hochberg: in counties with 60 indicators, half of which changed, 5% at most of the discoveries."""
    random = np.random.default_rng(6)
    counties, indicators = 60, 60
    n = random.integers(5_000, 50_000, (2, counties * indicators)).astype(float)
    changed = np.tile(np.arange(indicators) % 2 == 0, counties)
    share = np.stack([np.full(n.shape[1], 0.6), np.where(changed, 0.615, 0.6)])
    x = random.binomial(n.astype(int), share).astype(float)
    p = differences.proportions_test(x[0], n[0], x[1], n[1])
    clear = differences.benjamini_hochberg(p, np.repeat(np.arange(counties), indicators)) < 0.05
    assert clear.sum() > 300
    assert (clear & ~changed).sum() <= stats.binom.ppf(0.999, clear.sum(), 0.05)
