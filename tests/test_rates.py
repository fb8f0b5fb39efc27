"""Rates and intervals against published figures, statsmodels, scipy and arithmetic by hand."""

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, chi2, poisson
from statsmodels.stats.proportion import proportion_confint

from evaltools import rates

REFERENCE = Path(__file__).parent / "reference" / "rates.csv"
with REFERENCE.open(encoding="utf-8", newline="") as file:
    CASES = [(row["function"], json.loads(row["inputs"]), json.loads(row["expected"])) for row in csv.DictReader(file)]

counts = st.integers(0, 5_000)
confidences = st.sampled_from([0.9, 0.95, 0.99, 0.998])


def cases(*functions: str) -> list[tuple[dict, dict]]:
    """The published cases of some functions; there must be some."""
    found = [(inputs, expected) for function, inputs, expected in CASES if function in functions]
    assert found, f"no case of {functions}"
    return found


def number(value: float | None) -> float:
    return np.nan if value is None else value


def numbers(values: list[float | None]) -> list[float]:
    return [number(value) for value in values]


def published(expected: dict) -> dict[float, tuple[float, float]]:
    """Confidence -> (lower, upper) of a published case."""
    names = {0.95: ("lower95_0cl", "upper95_0cl"), 0.998: ("lower99_8cl", "upper99_8cl")}
    if "lowercl" in expected:
        names = {0.95: ("lowercl", "uppercl")}
    return {
        confidence: (number(expected[lower]), number(expected[upper])) for confidence, (lower, upper) in names.items()
    }


def assert_published(function, expected: dict) -> None:
    limits = published(expected)
    assert limits
    for confidence, (lower, upper) in limits.items():
        result = function(confidence)
        assert list(result.columns) == ["value", "lower", "upper"]
        np.testing.assert_allclose(
            result.to_numpy()[0], [number(expected["value"]), lower, upper], rtol=1e-9, equal_nan=True
        )


def test_every_case_of_the_reference_file_is_used():
    assert {function for function, _, _ in CASES} == {
        *("byars", "wilson", "phe_proportion", "phe_rate", "calculate_dsr", "calculate_ISRate", "calculate_ISRatio"),
        *("phe_proportion(error)", "wilson_lower(error)", "byars_lower(error)"),
    }
    assert len(CASES) == 54


@pytest.mark.parametrize(("inputs", "expected"), cases("byars"))
def test_byar_limits_are_the_published_ones(inputs, expected):
    lower, upper = rates.byar_limits(inputs["x"], inputs["confidence"])
    np.testing.assert_allclose(
        [lower, upper], [number(expected["lower"]), number(expected["upper"])], rtol=1e-9, equal_nan=True
    )


@pytest.mark.parametrize(("inputs", "expected"), cases("wilson"))
def test_wilson_limits_are_the_published_ones(inputs, expected):
    lower, upper = rates.wilson_limits(inputs["x"], inputs["n"], inputs["confidence"])
    np.testing.assert_allclose([lower, upper], [expected["lower"], expected["upper"]], rtol=1e-9)


@pytest.mark.parametrize(("inputs", "expected"), cases("phe_proportion"))
def test_a_proportion_is_the_published_one(inputs, expected):
    assert_published(
        lambda confidence: rates.proportion(
            number(inputs["numerator"]), number(inputs["denominator"]), inputs["multiplier"], confidence
        ),
        expected,
    )


@pytest.mark.parametrize(("inputs", "expected"), cases("phe_rate"))
def test_a_rate_is_the_published_one(inputs, expected):
    assert_published(
        lambda confidence: rates.rate(
            number(inputs["numerator"]), number(inputs["denominator"]), inputs["multiplier"], confidence
        ),
        expected,
    )


@pytest.mark.parametrize(("inputs", "expected"), cases("calculate_dsr"))
def test_a_standardised_rate_is_the_published_one(inputs, expected):
    assert_published(
        lambda confidence: rates.standardised(
            numbers(inputs["x"]), inputs["n"], inputs["stdpop"], inputs["multiplier"], confidence
        ),
        expected,
    )


@pytest.mark.parametrize(("inputs", "expected"), cases("calculate_ISRate", "calculate_ISRatio"))
def test_an_indirectly_standardised_rate_is_the_published_one(inputs, expected):
    # the R package counts a missing stratum as no events; here that has to be said
    observed = np.nan_to_num(numbers(inputs["x"]))
    per = inputs["multiplier"]
    if "ref_rate" in expected:
        per *= sum(inputs["x_ref"]) / sum(inputs["n_ref"])
    assert_published(
        lambda confidence: rates.indirectly_standardised(
            observed, inputs["n"], inputs["x_ref"], inputs["n_ref"], per, confidence
        ),
        expected,
    )


@pytest.mark.parametrize(("inputs", "expected"), cases("phe_proportion(error)", "wilson_lower(error)"))
def test_a_proportion_refuses_what_the_reference_refuses(inputs, expected):
    assert "error" in expected
    with pytest.raises(ValueError, match="count must"):
        rates.proportion(inputs["x"], inputs["n"])


@pytest.mark.parametrize(("inputs", "expected"), cases("byars_lower(error)"))
def test_a_rate_refuses_what_the_reference_refuses(inputs, expected):
    assert "error" in expected
    with pytest.raises(ValueError, match="count must be zero or more"):
        rates.rate(inputs["x"], 100)


@given(counts, counts, confidences)
def test_wilson_agrees_with_statsmodels(a, b, confidence):
    x, n = sorted((a, b + 1))
    lower, upper = proportion_confint(x, n, 1 - confidence, method="wilson")
    ours = rates.proportion(x, n, 1, confidence).iloc[0]
    np.testing.assert_allclose([ours["lower"], ours["upper"]], [lower, upper], rtol=1e-9, atol=1e-12)


@given(counts, confidences)
def test_exact_limits_leave_half_the_error_on_either_side(x, confidence):
    # Garwood's definition, through the Poisson distribution instead of chi-square quantiles
    lower, upper = rates.exact_poisson_limits(x, confidence)
    tail = (1 - confidence) / 2
    assert poisson.cdf(x, float(upper)) == pytest.approx(tail, rel=1e-6)
    if x:
        assert poisson.sf(x - 1, float(lower)) == pytest.approx(tail, rel=1e-6)
    else:
        assert lower == 0


@given(st.integers(10, 5_000), confidences)
def test_byar_is_close_to_exact_from_ten_events(x, confidence):
    lower, upper = rates.byar_limits(x, confidence)
    assert lower == pytest.approx(chi2.ppf((1 - confidence) / 2, 2 * x) / 2, rel=0.02)
    assert upper == pytest.approx(chi2.isf((1 - confidence) / 2, 2 * x + 2) / 2, rel=0.02)


@given(counts, counts, confidences)
def test_a_value_lies_in_its_interval(a, b, confidence):
    x, n = sorted((a, b + 1))
    for result in (rates.proportion(x, n, 100, confidence), rates.rate(x, n, 1000, confidence)):
        row = result.iloc[0]
        assert row["lower"] <= row["value"] <= row["upper"]
    share = rates.proportion(x, n, 1, confidence).iloc[0]
    assert 0 <= share["lower"] <= share["upper"] <= 1


def test_the_method_of_a_rate_changes_at_ten_events():
    # exact for 9, Byar for 10: each by its own formula
    nine, ten = rates.rate([9, 10], 1, per=1).itertuples(index=False)
    assert nine.lower == pytest.approx(chi2.ppf(0.025, 18) / 2, rel=1e-12)
    assert nine.upper == pytest.approx(chi2.ppf(0.975, 20) / 2, rel=1e-12)
    assert ten.lower == pytest.approx(10 * (1 - 1 / 90 - 1.959963984540054 / (3 * 10**0.5)) ** 3, rel=1e-12)
    assert ten.upper == pytest.approx(11 * (1 - 1 / 99 + 1.959963984540054 / (3 * 11**0.5)) ** 3, rel=1e-12)


def test_wilson_covers_the_true_share_about_as_often_as_it_says():
    x = np.arange(101)
    limits = rates.proportion(x, 100)
    for true in (0.1, 0.35, 0.5, 0.8):
        inside = x[(limits["lower"] <= true) & (true <= limits["upper"])]
        chance = binom.cdf(inside[-1], 100, true) - binom.cdf(inside[0] - 1, 100, true)
        assert 0.92 < chance < 0.98


def test_series_keep_their_index_and_arrays_their_order():
    index = pd.Index(["990103", "990101", "990102"], name="area")
    x, n = pd.Series([5, 20, 0], index=index), pd.Series([100, 100, 50], index=index)
    result = rates.proportion(x, n, per=100)
    assert result.index.equals(index)
    assert result["value"].tolist() == [5.0, 20.0, 0.0]
    pd.testing.assert_frame_equal(result.reset_index(drop=True), rates.proportion([5, 20, 0], [100, 100, 50], per=100))
    pd.testing.assert_frame_equal(rates.rate(x, 100).reset_index(drop=True), rates.rate([5, 20, 0], [100] * 3))


def test_series_of_different_rows_are_refused():
    with pytest.raises(ValueError, match="index of n differs"):
        rates.proportion(pd.Series([1, 2], index=["a", "b"]), pd.Series([10, 20], index=["b", "a"]))


def test_missing_stays_missing_row_by_row():
    nullable = pd.Series([1, None, 3], dtype="Int64")
    result = rates.proportion(nullable, pd.Series([10.0, 10.0, np.nan]))
    assert result.isna().all(axis=1).tolist() == [False, True, True]
    assert rates.rate(None, 100).isna().all(axis=None)
    assert rates.rate(10, np.nan).isna().all(axis=None)


@pytest.mark.parametrize("function", [rates.proportion, rates.rate])
@pytest.mark.parametrize(("x", "n"), [(-1, 10), (0, 0), (1, 0), (1, -5), (np.inf, 10), (1, np.inf)])
def test_what_cannot_be_a_rate_is_refused(function, x, n):
    with pytest.raises(ValueError, match=r"must be|count must"):
        function([0, x], [5, n])


def test_a_refusal_names_the_rows_and_what_was_found():
    with pytest.raises(ValueError, match=r"count must not be above n.*found 8 at row 1, 9 at row 3"):
        rates.proportion([1, 8, 2, 9], 5)


@pytest.mark.parametrize("confidence", [0.5, 0.89999, 1, 1.0, 95, 0, -1, np.nan])
def test_confidence_is_between_nine_tenths_and_one(confidence):
    for call in (
        lambda: rates.proportion(1, 2, confidence=confidence),
        lambda: rates.rate(1, 2, confidence=confidence),
        lambda: rates.standardised([9, 9], [50, 50], [1, 1], confidence=confidence),
    ):
        with pytest.raises(ValueError, match="confidence must be"):
            call()


def test_lengths_must_match():
    with pytest.raises(ValueError, match="different lengths"):
        rates.proportion([1, 2, 3], [10, 20])
    with pytest.raises(ValueError, match="one dimension"):
        rates.proportion([[1, 2]], [[10, 20]])


def test_helpers_give_nan_where_there_is_no_interval():
    lower, upper = rates.wilson_limits([5, -1, 3, 0, np.nan], [4, 10, 0, -2, 10])
    assert np.isnan(lower).all()
    assert np.isnan(upper).all()
    for limits in (rates.byar_limits, rates.exact_poisson_limits, rates.poisson_limits):
        lower, upper = limits([-1, np.nan])
        assert np.isnan(lower).all()
        assert np.isnan(upper).all()


def test_standardised_by_hand():
    # two age bands: 10/1000 and 40/2000, weights 3 and 1: (3 × 0.01 + 1 × 0.02)/4 = 0.0125
    result = rates.standardised([10, 40], [1000, 2000], [3, 1], per=1000)
    assert result["value"].item() == pytest.approx(12.5)
    variance = (9 * 10 / 1000**2 + 1 * 40 / 2000**2) / 16
    lower, upper = rates.byar_limits(50)
    spread = (variance / 50) ** 0.5
    assert result["lower"].item() == pytest.approx(12.5 + 1000 * spread * (float(lower) - 50))
    assert result["upper"].item() == pytest.approx(12.5 + 1000 * spread * (float(upper) - 50))


def test_a_standardised_rate_needs_ten_events():
    assert rates.standardised([4, 5], [1000, 2000], [3, 1]).isna().all(axis=None)
    assert rates.standardised([4, 6], [1000, 2000], [3, 1]).notna().all(axis=None)


def test_standardised_groups_are_the_same_as_one_at_a_time():
    x, n, w = np.array([10, 40, 7, 1, 30, np.nan]), np.array([1000, 2000, 800, 500, 900, 100]), np.array([3, 1] * 3)
    area = ["b", "b", "a", "a", "c", "c"]
    result = rates.standardised(x, n, w, groups=area)
    assert result.index.tolist() == ["b", "a", "c"]
    for label in ("b", "a", "c"):
        rows = [position for position, name in enumerate(area) if name == label]
        alone = rates.standardised(x[rows], n[rows], w[rows])
        np.testing.assert_allclose(result.loc[label], alone.iloc[0], rtol=1e-12, equal_nan=True)
    assert result.loc[["a", "c"]].isna().all(axis=None), "fewer than ten events; a missing stratum"


def test_standardised_by_its_own_population_is_the_crude_rate():
    x, n = [12, 30, 8], [400, 1500, 90]
    assert rates.standardised(x, n, n)["value"].item() == pytest.approx(rates.rate(50, 1990)["value"].item())


def test_standardised_refuses_what_it_cannot_weigh():
    for x, n, w in (([-1, 20], [5, 5], [1, 1]), ([10, 20], [0, 5], [1, 1]), ([10, 20], [5, 5], [0, 0]), ([], [], [])):
        with pytest.raises(ValueError, match=r"must|no stratum"):
            rates.standardised(x, n, w)
    with pytest.raises(ValueError, match="groups has 1 labels"):
        rates.standardised([10, 20], [50, 50], [1, 1], groups=["a"])


def test_an_area_like_its_reference_has_ratio_one():
    x_ref, n_ref = np.array([10, 40, 90]), np.array([1000, 2000, 3000])
    result = rates.indirectly_standardised(x_ref / 2, n_ref / 2, x_ref, n_ref)
    assert result["value"].item() == pytest.approx(1)
    assert rates.indirectly_standardised([1, np.nan], [9, 9], [5, 5], [99, 99]).isna().all(axis=None)
