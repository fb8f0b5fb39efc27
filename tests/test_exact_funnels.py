"""Exact funnel limits, against scipy's distributions, plain sums over cases and FunnelPlotR's own tests."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evaltools.benchmarks import funnel_limits
from evaltools.exact_funnels import exact_limits, garwood_limits

NAN = math.nan
LEVELS = [0.95, 0.998]
LIMITS = [f"{side}_{level}" for level in ("95", "99_8") for side in ("lower", "upper")]


def distribution(kind: str, n: float, average: float) -> Any:
    return stats.binom(n, average) if kind == "proportion" else stats.poisson(n * average)


def published(cases: Any, p: float) -> float:
    """Spiegelhalter (2005), appendix A.1.1: r is the quantile, r − a the interpolated one."""
    r = cases.ppf(p)
    return float(r - (cases.cdf(r) - p) / (cases.cdf(r) - cases.cdf(r - 1)))


SIZES = {"proportion": [1, 2, 7, 30, 480, 20_000], "rate": [3, 40, 1234.5, 9_999]}
AVERAGES = {"proportion": [0.02, 0.3, 0.5, 0.965], "rate": [0.004, 0.03, 0.9, 3.0]}
CASES = [(kind, n, average) for kind in SIZES for n in SIZES[kind] for average in AVERAGES[kind]]


@pytest.mark.parametrize(("kind", "n", "average"), CASES)
def test_the_published_interpolation(kind: str, n: float, average: float) -> None:
    found = exact_limits(n, average, kind, interpolation="spiegelhalter").iloc[0]
    cases = distribution(kind, n, average)
    for level, name in ((0.95, "95"), (0.998, "99_8")):
        p = (1 - level) / 2
        assert found[f"lower_{name}"] * n == pytest.approx(max(0, published(cases, p)), abs=1e-6)
        assert found[f"upper_{name}"] * n == pytest.approx(max(0, published(cases, 1 - p)), abs=1e-6)


@pytest.mark.parametrize(("kind", "n", "average"), CASES)
def test_both_limits_have_their_own_tail(kind: str, n: float, average: float) -> None:
    found = exact_limits(n, average, kind).iloc[0]
    cases = distribution(kind, n, average)
    for level, name in ((0.95, "95"), (0.998, "99_8")):
        p = (1 - level) / 2
        assert found[f"lower_{name}"] * n == pytest.approx(max(0, published(cases, p)), abs=1e-6)
        s = next(k for k in range(int(cases.isf(p)) + 3, -1, -1) if cases.sf(k - 1) >= p)
        upper = s + (cases.sf(s - 1) - p) / (cases.sf(s - 1) - cases.sf(s))
        assert found[f"upper_{name}"] * n == pytest.approx(min(upper, n) if kind == "proportion" else upper, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 60), st.integers(1, 99), st.sampled_from(LEVELS))
def test_an_area_is_outside_where_its_own_number_is_rare(n: int, percent: int, level: float) -> None:
    average, p = percent / 100, (1 - level) / 2
    found = exact_limits(n, average, "proportion", confidence=[level]).iloc[0]
    chances = [math.comb(n, k) * average**k * (1 - average) ** (n - k) for k in range(n + 1)]
    for k in range(n + 1):
        at_most, at_least = math.fsum(chances[: k + 1]), math.fsum(chances[k:])
        if min(abs(at_most - p), abs(at_least - p)) > 1e-12:
            assert (k / n < found.iloc[2]) == (at_most < p)
            assert (k / n > found.iloc[3]) == (at_least < p)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 5000), st.integers(1, 99))
def test_counting_those_without_the_event_turns_the_limits_round(n: int, percent: int) -> None:
    one = exact_limits(n, percent / 100, "proportion").iloc[0]
    other = exact_limits(n, 1 - percent / 100, "proportion").iloc[0]
    for level in ("95", "99_8"):
        assert one[f"upper_{level}"] == pytest.approx(1 - other[f"lower_{level}"], abs=1e-9)
        assert one[f"lower_{level}"] == pytest.approx(1 - other[f"upper_{level}"], abs=1e-9)


def test_all_that_can_happen_is_not_outside_because_of_interpolation() -> None:
    # five of five at 90% happen in six of ten such areas
    assert exact_limits(5, 0.9, "proportion").iloc[0]["upper_99_8"] == 1
    assert exact_limits(5, 0.9, "proportion", interpolation="spiegelhalter").iloc[0]["upper_99_8"] < 1


@pytest.mark.parametrize(("kind", "average"), [("proportion", 0.4), ("rate", 0.4)])
def test_large_numbers_have_the_limits_of_the_approximation(kind: str, average: float) -> None:
    n = np.array([1e5, 1e6, 1e7])
    exact, other = exact_limits(n, average, kind), funnel_limits(n, average, kind)
    assert list(exact) == list(other)
    for name in LIMITS:
        # within a case and a half, and within a hundredth of the half width
        assert (np.abs(exact[name] - other[name]) * n < 1.5).all()
        assert (np.abs(exact[name] - other[name]) / np.abs(other[name] - average) < 0.01).all()


def test_limits_are_curves_of_the_size() -> None:
    n = np.linspace(3, 200, 800)
    for kind in ("proportion", "rate"):
        limits = exact_limits(n, 0.3, kind)
        for name in LIMITS:
            assert np.abs(np.diff(limits[name] * n)).max() < 1, "no jump by a case"
    near = exact_limits([100, 100 + 1e-9], 0.3, "proportion")
    assert near.loc[0, LIMITS].tolist() == pytest.approx(near.loc[1, LIMITS].tolist(), abs=1e-6)


def test_scale_index_and_gaps() -> None:
    sizes = pd.Series([100.0, NAN, 400.0], index=["a", "b", "c"])
    limits = exact_limits(sizes, 0.5, "proportion", 100)
    assert limits.index.tolist() == ["a", "b", "c"]
    assert (limits["baseline"] == 50).all()
    assert limits.loc["b", LIMITS].isna().all() and np.isnan(limits.loc["b", "denominator"])
    assert limits.drop(index="b").notna().all(axis=None)
    plain = exact_limits(400, 0.5, "proportion").iloc[0]
    assert limits.loc["c", LIMITS].tolist() == pytest.approx((100 * plain[LIMITS]).tolist())


def test_nothing_varies_around_none_or_all() -> None:
    assert (exact_limits([1, 50], 0, "rate")[LIMITS] == 0).all(axis=None)
    assert (exact_limits([1, 50], 0, "proportion")[LIMITS] == 0).all(axis=None)
    assert (exact_limits([1, 50], 1, "proportion")[LIMITS] == 1).all(axis=None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((10, 0.5, "ratio"), "found 'ratio'"),
        ((0, 0.5, "proportion"), "above zero and finite; found 0"),
        ((-3, 0.5, "rate"), "found -3"),
        ((np.inf, 0.5, "rate"), "found inf"),
        ((10, 50, "proportion"), "from 0 to 1; found 50"),
        ((10, NAN, "rate"), "found nan"),
        ((10, 0.5, "rate", 1, [95]), "found 95"),
        ((10, 0.5, "rate", 1, [0.95], "normal"), "found 'normal'"),
    ],
)
def test_what_is_refused(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        exact_limits(*arguments)


def test_limits_of_ratios_as_funnelplotr_asserts_them() -> None:
    # FunnelPlotR 0.6, tests/testthat/test-poisson_limits.R: expected 15, 20, 30
    limits = garwood_limits([15, 20, 30])
    assert limits["lower_95"].round(7).tolist() == [0.5596924, 0.6108260, 0.6746958]
    assert limits["upper_95"].round(6).tolist() == [1.649348, 1.544419, 1.427562]
    assert limits["lower_99_8"].round(7).tolist() == [0.3862650, 0.4479107, 0.5289724]
    assert limits["upper_99_8"].round(6).tolist() == [2.082907, 1.902094, 1.702771]


@settings(max_examples=40, deadline=None)
@given(st.floats(0.1, 1e5), st.sampled_from([0.9, *LEVELS]))
def test_limits_of_ratios_against_the_chi_square_distribution(expected: float, level: float) -> None:
    p = (1 - level) / 2
    _, lower, upper = garwood_limits(expected, [level]).iloc[0]
    assert lower == pytest.approx(stats.chi2.ppf(p, 2 * expected) / 2 / expected, rel=1e-8)
    assert upper == pytest.approx(stats.chi2.ppf(1 - p, 2 * expected + 2) / 2 / expected, rel=1e-8)


def test_ratios_without_expected_cases() -> None:
    assert garwood_limits([NAN]).isna().all(axis=None)
    with pytest.raises(ValueError, match="above zero; found 0"):
        garwood_limits([1, 0])
