"""Over-dispersion against FunnelPlotR's tests, statsmodels, plain loops and simulated areas."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects

from evaltools import wording
from evaltools.exact_funnels import exact_limits
from evaltools.overdispersion import Dispersion, adjusted_limits, overdispersion

NAN = math.nan
LIMITS = [f"{side}_{level}" for level in ("95", "99_8") for side in ("lower", "upper")]


def test_phi_as_funnelplotr_asserts_it() -> None:
    # FunnelPlotR 0.6, tests/testthat/test-classes_methods.R: standardised ratios, method SHMI
    found = overdispersion([100, 150, 180, 80, 120, 225], [108, 112, 165, 95, 100, 220], "ratio", "truncate")
    assert round(found.phi, 6) == 2.948033
    assert found.n == 6


# --- by loops over the areas


def quantile(numbers: list[float], share: float) -> float:
    """Type 7: between the neighbours of 1 + (n − 1) × share in the ordered numbers."""
    ordered = sorted(numbers)
    place = (len(ordered) - 1) * share
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def by_hand(x: list[float], n: list[float], kind: str, method: str, share: float) -> tuple[float, float, int] | None:
    """phi, tau2 and how many areas they are made of; None where fewer than two are left."""
    joint = 1.0 if kind == "ratio" else sum(x) / sum(n)
    scores = []
    for cases, size in zip(x, n, strict=True):
        if kind == "proportion":
            s = 1 / (2 * math.sqrt(size))
            z = (math.asin(math.sqrt(cases / size)) - math.asin(math.sqrt(joint))) / s
        elif kind == "ratio" and method == "truncate":
            s = 1 / math.sqrt(size)
            z = math.log(cases / size) / s
        else:
            s = 1 / (2 * math.sqrt(size * joint))
            z = (math.sqrt(cases / (size * joint)) - 1) / s
        scores.append((z, s))
    zs = [z for z, _ in scores]
    if method == "winsorise":
        low, high = quantile(zs, share), quantile(zs, 1 - share)
        scores = [(min(max(z, low), high), s) for z, s in scores]
    else:
        kept = []
        for z, s in scores:
            rank = sum(other < z for other in zs) + (sum(other == z for other in zs) + 1) / 2
            group = math.floor(rank / share / (len(zs) + 1) + 1e-12)
            if 0 < group < 1 / share - 1:
                kept.append((z, s))
        scores = kept
    if len(scores) < 2:
        return None
    many = len(scores)
    phi = sum(z * z for z, _ in scores) / many
    w = [1 / s**2 for _, s in scores]
    tau2 = (many * phi - (many - 1)) / (sum(w) - sum(one**2 for one in w) / sum(w))
    return phi, max(0.0, tau2), many


@st.composite
def regions(draw: st.DrawFn) -> tuple[list[float], list[float]]:
    many = draw(st.integers(2, 25))
    sizes = draw(st.lists(st.integers(5, 5000), min_size=many, max_size=many))
    shares = draw(st.lists(st.floats(0.05, 0.9), min_size=many, max_size=many))
    return [float(max(1, round(n * p))) for n, p in zip(sizes, shares, strict=True)], [float(n) for n in sizes]


@settings(max_examples=150, deadline=None)
@given(
    regions(),
    st.sampled_from(["proportion", "rate", "ratio"]),
    st.sampled_from(["winsorise", "truncate"]),
    st.sampled_from([0.05, 0.1, 0.2]),
)
def test_against_loops(region: tuple[list[float], list[float]], kind: str, method: str, share: float) -> None:
    x, n = region
    found = overdispersion(x, n, kind, method, share)
    expected = by_hand(x, n, kind, method, share)
    if expected is None:
        assert math.isnan(found.phi) and found.reason
        return
    assert (found.phi, found.tau2, found.n) == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert found.threshold == pytest.approx(1 + 2 * (2 / found.n) ** 0.5)
    assert found.adjusted == (found.phi > found.threshold and found.tau2 > 0)


def test_truncation_takes_from_nine_areas_on() -> None:
    x = [float(60 + 10 * k) for k in range(9)]
    assert overdispersion(x[:8], [100.0] * 8, "ratio", "truncate").n == 8
    nine = overdispersion(x, [100.0] * 9, "ratio", "truncate")
    # ranks 1 to 9, times 10 over 10: the last is in the tenth group; 0 would be the first
    assert nine.n == 8
    assert nine.phi == pytest.approx(sum(100 * math.log(one / 100) ** 2 for one in x[:8]) / 8)
    assert overdispersion([float(k) for k in range(50, 150)], [100.0] * 100, "ratio", "truncate").n == 80


@pytest.mark.parametrize("kind", ["proportion", "rate"])
def test_the_variance_between_areas_is_dersimonian_and_lairds(kind: str) -> None:
    random = np.random.default_rng(20240611)
    n = random.integers(50, 4000, 14).astype(float)
    x = random.binomial(n.astype(int), random.uniform(0.2, 0.5, 14)).astype(float)
    if kind == "proportion":
        y, variance = np.arcsin(np.sqrt(x / n)), 1 / (4 * n)
        # around the mean that DerSimonian and Laird weigh by 1 / s²
        average = float(np.sin(np.average(y, weights=n)) ** 2)
    else:
        average = float((np.sum(np.sqrt(x * n)) / n.sum()) ** 2)
        y, variance = np.sqrt(x / n / average), 1 / (4 * n * average)
    theirs = combine_effects(y, variance, method_re="dl")
    ours = overdispersion(x, n, kind, share=0, average=average)
    assert ours.tau2 == pytest.approx(theirs.tau2, rel=1e-6)
    assert ours.phi * ours.n == pytest.approx(theirs.q, rel=1e-6)


# --- what simulated areas show


@pytest.mark.parametrize("kind", ["proportion", "rate"])
def test_areas_that_differ_by_chance_are_seldom_called_over_dispersed(kind: str) -> None:
    random = np.random.default_rng(7)
    n = random.integers(300, 20_000, 12)
    draw = (lambda: random.binomial(n, 0.7)) if kind == "proportion" else (lambda: random.poisson(n * 0.05))
    called = [overdispersion(draw(), n, kind).adjusted for _ in range(600)]
    # χ² with 12 degrees of freedom passes the threshold in 4 of 100, and winsorising makes it rarer
    assert np.mean(called) < stats.chi2.sf(12 * (1 + 2 * math.sqrt(2 / 12)), 12)
    plain = [overdispersion(draw(), n, kind, share=0).phi for _ in range(600)]
    assert np.mean(plain) == pytest.approx(1, abs=0.12)


@pytest.mark.parametrize("kind", ["proportion", "rate"])
def test_limits_widened_for_spread_hold_the_areas_that_have_it(kind: str) -> None:
    random = np.random.default_rng(11)
    n = random.integers(2000, 30_000, 200)
    tau = 0.05
    if kind == "proportion":
        level = np.sin(np.arcsin(math.sqrt(0.6)) + random.normal(0, tau, 200)) ** 2
        x = random.binomial(n, level)
    else:
        x = random.poisson(n * 0.2 * (1 + random.normal(0, tau, 200)) ** 2)
    average = x.sum() / n.sum()
    found = overdispersion(x, n, kind, share=0)
    assert found.adjusted
    assert math.sqrt(found.tau2) == pytest.approx(tau, rel=0.15)
    exact, wide = exact_limits(n, average, kind), adjusted_limits(n, average, found)
    inside = {
        name: np.mean((x / n >= limits["lower_95"]) & (x / n <= limits["upper_95"]))
        for name, limits in (("exact", exact), ("wide", wide))
    }
    assert inside["exact"] < 0.6
    assert inside["wide"] == pytest.approx(0.95, abs=0.03)


# --- limits


def spread(transform: str, phi: float = 4.0, tau2: float = 0.003) -> Dispersion:
    return Dispersion(phi, tau2, 12, 1.8, True, transform, "")


def test_adjusted_limits_by_the_formulas() -> None:
    z = {"95": stats.norm.ppf(0.975), "99_8": stats.norm.ppf(0.999)}
    for level, reach in z.items():
        for side, sign in (("lower", -1), ("upper", 1)):
            name = f"{side}_{level}"
            for n in (40.0, 900.0):
                angle = math.asin(math.sqrt(0.3)) + sign * reach * math.sqrt(1 / (4 * n) + 0.003)
                found = adjusted_limits(n, 0.3, spread("arcsine"), 100).iloc[0]
                assert found[name] == pytest.approx(100 * math.sin(angle) ** 2)
                ratio = math.exp(sign * reach * math.sqrt(1 / n + 0.003))
                assert adjusted_limits(n, 1, spread("log")).iloc[0][name] == pytest.approx(ratio)
                root = 1 + sign * reach * math.sqrt(1 / (4 * n * 0.3) + 0.003)
                assert adjusted_limits(n, 0.3, spread("square_root")).iloc[0][name] == pytest.approx(0.3 * root**2)
                times = 1 + sign * reach * math.sqrt(4 / (4 * n * 0.3))
                many = adjusted_limits(n, 0.3, spread("square_root"), model="multiplicative").iloc[0][name]
                assert many == pytest.approx(0.3 * max(times, 0) ** 2)


@pytest.mark.parametrize("transform", ["arcsine", "square_root", "log"])
def test_wider_than_chance_and_never_impossible(transform: str) -> None:
    n = np.geomspace(1, 1e6, 50)
    for average in (0.01, 0.5, 0.99):
        none = adjusted_limits(n, average, spread(transform, 1, 0))
        for model in ("additive", "multiplicative"):
            wide = adjusted_limits(n, average, spread(transform), model=model)
            assert (wide[["lower_95", "lower_99_8"]] >= 0).all(axis=None)
            assert (wide["lower_95"] <= none["lower_95"]).all() and (wide["upper_95"] >= none["upper_95"]).all()
            assert wide["lower_99_8"].is_monotonic_increasing and wide["upper_99_8"].is_monotonic_decreasing
            assert (wide["lower_99_8"] <= wide["baseline"]).all() and (wide["upper_99_8"] >= wide["baseline"]).all()
            if transform == "arcsine":
                assert (wide["upper_99_8"] <= 1).all()
        assert adjusted_limits(n, average, spread(transform, 0.5, 0), model="multiplicative").equals(none)


def test_limits_keep_index_and_gaps() -> None:
    limits = adjusted_limits(pd.Series([100.0, NAN], index=["a", "b"]), 0.5, spread("arcsine"), 100)
    assert limits.index.tolist() == ["a", "b"]
    assert limits.loc["a"].notna().all() and limits.loc["b", LIMITS].isna().all()
    assert (adjusted_limits([10, 20], 0, spread("square_root"))[LIMITS] == 0).all(axis=None)


# --- bad and odd input


def test_areas_that_are_all_alike_have_no_spread() -> None:
    for kind in ("proportion", "rate"):
        found = overdispersion([30, 60, 90], [100, 200, 300], kind)
        assert found.phi == pytest.approx(0, abs=1e-20)
        assert (found.tau2, found.adjusted, found.reason, found.n) == (0, False, "", 3)


def test_areas_without_a_value_are_not_counted() -> None:
    x, n = [10.0, 40.0, 12.0, 33.0], [50.0, 60.0, 70.0, 80.0]
    gaps = overdispersion([*x, NAN, 5, 0], [*n, 90, NAN, 0], "proportion")
    assert gaps == overdispersion(x, n, "proportion")
    assert gaps.n == 4


@pytest.mark.parametrize(
    ("x", "n", "kind", "method", "says"),
    [
        ([5], [10], "rate", "winsorise", "fewer than two areas to compare: 1"),
        ([], [], "rate", "winsorise", "fewer than two areas to compare: 0"),
        ([0, 0], [10, 20], "proportion", "winsorise", "no case in any area"),
        ([10, 20], [10, 20], "proportion", "winsorise", "every area is at 100%"),
        ([11, 20], [10, 90], "proportion", "winsorise", "a numerator is above its denominator"),
        ([0, 20], [10, 20], "ratio", "truncate", "an area without a case has no logarithm"),
    ],
)
def test_what_is_not_computed_says_why(x: list[float], n: list[float], kind: str, method: str, says: str) -> None:
    found = overdispersion(x, n, kind, method)
    assert math.isnan(found.phi) and math.isnan(found.tau2) and not found.adjusted
    assert found.reason == says
    assert wording.untranslated([found.reason]) == []
    with pytest.raises(ValueError, match="no adjusted limits: " + says):
        adjusted_limits(100, 0.5, found)


def test_no_area_is_left_after_truncation() -> None:
    assert overdispersion([5, 9], [10, 12], "rate", "truncate", 0.45).reason == "fewer than two areas to compare: 1"


def test_no_case_has_a_square_root() -> None:
    assert overdispersion([0, 20], [10, 20], "ratio").reason == ""


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: overdispersion([1, 2], [3, 4], "mean"), "found 'mean'"),
        (lambda: overdispersion([1, 2], [3, 4], "rate", "trim"), "found 'trim'"),
        (lambda: overdispersion([1, 2], [3, 4], "rate", share=0.5), "found 0.5"),
        (lambda: overdispersion([1, 2], [3, 4], "rate", "truncate", 0), "found 0"),
        (lambda: overdispersion([1, 2], [3, 4, 5], "rate"), "of one length"),
        (lambda: overdispersion([-1, 2], [3, 4], "rate"), "numerator must be zero or more"),
        (lambda: overdispersion([1, 2], [math.inf, 4], "rate"), "denominator must be zero or more and finite"),
        (lambda: adjusted_limits(10, 0.5, spread("arcsine"), model="both"), "found 'both'"),
        (lambda: adjusted_limits(0, 0.5, spread("arcsine")), "found 0"),
        (lambda: adjusted_limits(10, 1.5, spread("arcsine")), "found 1.5"),
        (lambda: adjusted_limits(10, 0.5, spread("arcsine"), confidence=[95]), "found 95"),
    ],
)
def test_what_is_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


@settings(max_examples=40, deadline=None)
@given(regions(), st.randoms(use_true_random=False), st.floats(0.1, 1000))
def test_order_and_unit_of_the_denominator_change_nothing(
    region: tuple[list[float], list[float]], random: Any, scale: float
) -> None:
    x, n = region
    order = list(range(len(x)))
    random.shuffle(order)
    one = overdispersion(x, n, "rate")
    other = overdispersion([x[k] for k in order], [n[k] * scale for k in order], "rate")
    assert (one.phi, one.tau2, one.n) == pytest.approx((other.phi, other.tau2, other.n), rel=1e-7, abs=1e-9)
