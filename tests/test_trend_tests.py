"""Tests for trend against the outputs other programs publish, other libraries, and plain calculation."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import evaltools as ev
from evaltools import trend_tests

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "reference" / "trends.json").read_text(encoding="utf-8")
)
NAN = float("nan")


def case(method: str) -> dict[str, Any]:
    (found,) = [one for one in CASES if one["method"].startswith(method)]
    return found


# --- chi-square for trend, Cochran-Armitage --------------------------------------------------------------------------


def test_as_r_prints_it() -> None:
    one = case("prop.trend.test")
    found = ev.trends.trend_test(one["inputs"]["x"], one["inputs"]["n"])
    assert found.chi2 == pytest.approx(one["expected"]["chi2"], abs=5e-5)
    assert found.p == pytest.approx(one["expected"]["p"], abs=5e-7)
    assert found.z < 0 and found.z**2 == pytest.approx(found.chi2)


def test_with_the_margins_held_fixed_as_coin_prints_it() -> None:
    one = case("coin")
    x, n, score = (one["inputs"][name] for name in ("x", "n", "score"))
    found = ev.trends.trend_test(x, n, score, variance="n-1")
    assert found.chi2 == pytest.approx(one["expected"]["coin_T"], abs=5e-5)
    assert found.p == pytest.approx(one["expected"]["p_value"], abs=5e-7)
    # the note of the case gives the other convention
    assert ev.trends.trend_test(x, n, score).chi2 == pytest.approx(10.71571, abs=5e-6)


def test_as_catt_exact_and_desc_tools_have_it() -> None:
    one = case("CATTexact")
    found = ev.trends.trend_test(one["inputs"]["x"], one["inputs"]["n"], one["inputs"]["score"])
    assert found.z == pytest.approx(one["expected"]["z"], rel=1e-12)
    assert found.p / 2 == pytest.approx(one["expected"]["p_one_sided"], rel=1e-12)
    two = case("DescTools")
    _, cases = two["inputs"]["table"]
    found = ev.trends.trend_test(cases, np.sum(two["inputs"]["table"], axis=0))
    assert abs(found.z) == pytest.approx(two["expected"]["abs_z"], rel=1e-12)
    assert found.p / 2 == pytest.approx(two["expected"]["p_increasing_one_sided"], rel=1e-12)


def test_the_example_of_the_r_package_catt() -> None:
    found = ev.trends.trend_test([10, 20, 30], [30, 40, 50])
    assert (round(found.z, 4), round(found.p, 5)) == (2.2842, 0.02236)


def test_the_chi_square_that_fingertips_asserts() -> None:
    one = case("fingertips_trend_proportion")
    found = ev.trends.trend_test(one["inputs"]["count"], one["inputs"]["denominator"])
    assert found.chi2 == pytest.approx(one["expected"]["chi2"], rel=one["rel_tol"])


tables = st.lists(
    st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=2, max_size=7
)


@settings(max_examples=80, deadline=None)
@given(tables)
def test_it_is_the_score_test_of_a_regression_on_single_people(table: list[tuple[int, int]]) -> None:
    x, n = np.array(table).T
    found = ev.trends.trend_test(x, n, variance="n-1")
    if 0 < x.sum() < n.sum():
        case_of = np.concatenate([np.repeat([1.0, 0.0], [a, b - a]) for a, b in table])
        time_of = np.repeat(np.arange(len(n)), n)
        r = np.corrcoef(case_of, time_of)[0, 1]
        # Mantel (1963): the chi-square with the margins fixed is (N − 1) r²
        assert found.chi2 == pytest.approx((n.sum() - 1) * r**2, abs=1e-9)
        assert found.p == pytest.approx(stats.chi2.sf(found.chi2, 1), rel=1e-12)
        assert ev.trends.trend_test(x[::-1], n[::-1], variance="n-1").z == pytest.approx(-found.z, abs=1e-9)
    else:
        assert math.isnan(found.z) and found.reason == "not computed: all or none are cases"


@pytest.mark.parametrize(
    ("count", "n", "reason"),
    [
        ([5], [10], "fewer than two points"),
        ([5, NAN], [10, 10], "fewer than two points"),
        ([5, 0], [10, 0], "fewer than two points"),
        ([], [], "fewer than two points"),
        ([0, 0, 0], [10, 20, 30], "all or none are cases"),
        ([10, 20], [10, 20], "all or none are cases"),
        ([5, 11, 6], [10, 10, 10], "a numerator is above its denominator"),
    ],
)
def test_what_has_no_trend_says_why(count: list[float], n: list[float], reason: str) -> None:
    found = ev.trends.trend_test(count, n)
    assert math.isnan(found.chi2) and math.isnan(found.p) and found.reason == f"not computed: {reason}"


def test_a_gap_is_left_out_at_its_time() -> None:
    whole = ev.trends.trend_test([3, 5, 9], [50, 50, 50], time=[0, 1, 3])
    assert ev.trends.trend_test([3, 5, NAN, 9], [50, 50, 50, 50]).z == pytest.approx(whole.z)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([-1, 1], [10, 10]), "found -1 of 10 at row 0"),
        (([1, 1], [10, math.inf]), "found 1 of inf at row 1"),
        (([1, 1], [10, 10], [0, math.inf]), "finite"),
        (([1, 1], [10, 10, 10]), "arrays of one length"),
        (([1, 1], [10, 10], None, "N"), "variance is one of n, n-1; found 'N'"),
    ],
)
def test_the_impossible_is_refused(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ev.trends.trend_test(*arguments)


# --- Mann-Kendall and Sen --------------------------------------------------------------------------------------------


def long_series() -> list[float]:
    return [NAN if x is None else x for x in case("DATA arbitrary_1d_data")["inputs"]]


def test_mann_kendall_as_another_library_asserts_it() -> None:
    expected = case("pymannkendall.original_test")["expected"]
    found = ev.trends.mann_kendall(long_series())
    assert (found.s, found.z, found.p, found.tau, found.variance) == pytest.approx(
        tuple(expected[name] for name in ("s", "z", "p", "Tau", "var_s")), rel=1e-9
    )


def test_sens_slope_as_another_library_asserts_it() -> None:
    expected = case("pymannkendall.sens_slope")["expected"]
    found = ev.trends.mann_kendall(pd.Series(long_series()))
    assert (found.slope, found.intercept) == pytest.approx((expected["slope"], expected["intercept"]), rel=1e-9)


short = st.lists(st.one_of(st.integers(0, 6).map(float), st.just(NAN)), min_size=2, max_size=8)


@settings(max_examples=150, deadline=None)
@given(short)
def test_pair_by_pair(values: list[float]) -> None:
    known = [(at, x) for at, x in enumerate(values) if not math.isnan(x)]
    found = ev.trends.mann_kendall(values)
    if len(known) < 2:
        assert math.isnan(found.s) and found.reason == "not computed: fewer than two points"
        return
    pairs = list(itertools.combinations(known, 2))
    assert found.s == sum(np.sign(b - a) for (_, a), (_, b) in pairs)
    assert found.slope == pytest.approx(float(np.median([(b - a) / (j - i) for (i, a), (j, b) in pairs])))
    n = len(known)
    sizes = pd.Series([x for _, x in known]).value_counts()
    variance = (n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in sizes)) / 18
    assert found.variance == pytest.approx(variance)
    z = (found.s - np.sign(found.s)) / math.sqrt(variance) if variance else 0.0
    assert (found.z, found.p) == pytest.approx((z, 2 * stats.norm.sf(abs(z))))
    slopes = stats.mstats.theilslopes([x for _, x in known], [at for at, _ in known])
    assert found.slope == pytest.approx(slopes[0])


def test_many_series_at_once_are_those_one_by_one() -> None:
    random = np.random.default_rng(11)
    values = np.where(random.random((200, 6)) < 0.15, NAN, random.integers(0, 9, (200, 6)).astype(float))
    together = np.column_stack(trend_tests.mann_kendalls(values))
    for row, expected in zip(values, together, strict=True):
        one = ev.trends.mann_kendall(row)
        assert (one.s, one.z, one.p, one.slope, one.variance) == pytest.approx(tuple(expected), nan_ok=True)


def test_constant_and_infinite() -> None:
    flat = ev.trends.mann_kendall([3, 3, 3, 3])
    assert (flat.s, flat.z, flat.p, flat.slope) == (0, 0, 1, 0)
    with pytest.raises(ValueError, match="finite"):
        ev.trends.mann_kendall([1, math.inf])
