"""Annual percent change against statsmodels, and on input that has none."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from evaltools.annual_change import LEAST, MODELS, REASONS, AnnualChange, annual_changes
from evaltools.rates import Floats

NAN = float("nan")
YEARS = np.arange(2019.0, 2025.0)


def fit(x: Any, n: Any, kind: str = "rate", ceiling: float = 0.8, years: Floats | None = None) -> AnnualChange:
    x, n = np.atleast_2d(np.asarray(x, dtype=float)), np.atleast_2d(np.asarray(n, dtype=float))
    with np.errstate(divide="ignore", invalid="ignore"):
        value = x / n * 100
    kinds = np.full(len(x), kind, dtype=object)
    return annual_changes(x, n, value, YEARS[: x.shape[1]] if years is None else years, kinds, ceiling)


def simulated(n_series: int, seed: int, gaps: float) -> tuple[Floats, Floats, np.ndarray]:
    random = np.random.default_rng(seed)
    n = random.integers(200, 50_000, (n_series, 6)).astype(float)
    slope = random.normal(0, 0.05, (n_series, 1))
    share = random.uniform(0.02, 0.97, (n_series, 1)) * np.exp(slope * (YEARS - 2021.5))
    share = np.clip(share + random.normal(0, 0.02, n.shape), 0.001, 0.995)
    x = random.binomial(n.astype(int), share).astype(float)
    x[random.random(n.shape) < gaps] = NAN
    return x, n, random.choice(["proportion", "rate", "ratio"], n_series).astype(object)


def oracle(x: Floats, n: Floats, years: Floats, model: str) -> tuple[float, float, float]:
    """Slope, its standard error after dispersion, and the dispersion by statsmodels."""
    known = ~np.isnan(x)
    x, n, time = x[known], n[known], sm.add_constant(years[known] - 2021.0)
    if model == "log_value":
        ols = sm.OLS(np.log(x / n * 100), time).fit()
        return ols.params[1], ols.bse[1], NAN
    if model == "log_events":
        glm = sm.GLM(x, time, family=sm.families.Poisson(), offset=np.log(n))
    else:
        link = sm.families.links.Logit() if model == "logit" else sm.families.links.Log()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that the logarithm is no customary link
            glm = sm.GLM(x / n, time, family=sm.families.Binomial(link=link), var_weights=n)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a fit without a residue
        found = glm.fit(scale="X2", tol=1e-12, maxiter=200)
    return found.params[1], found.bse[1] / np.sqrt(found.scale) * np.sqrt(max(found.scale, 1.0)), max(found.scale, 1.0)


def test_the_batch_equals_statsmodels() -> None:
    x, n, kind = simulated(600, 20241231, gaps=0.06)
    found = annual_changes(x, n, x / n * 100, YEARS, kind, 0.8)
    assert (found.reason == 0).mean() > 0.98
    models = set()
    for row in np.flatnonzero(found.reason == 0):
        model = MODELS[found.model[row]]
        models.add(model)
        slope, error, dispersion = oracle(x[row], n[row], YEARS, model)
        assert found.slope[row] == pytest.approx(slope, rel=1e-6, abs=1e-9)
        assert found.error[row] == pytest.approx(error, rel=1e-6)
        assert found.dispersion[row] == pytest.approx(dispersion, rel=1e-6, nan_ok=True)
        freedom = np.isfinite(x[row]).sum() - 2
        half = stats.t.ppf(0.975, freedom) * error
        expected = np.expm1([slope, slope - half, slope + half]) * 100
        assert [found.change[row], found.lower[row], found.upper[row]] == pytest.approx(expected, rel=1e-5, abs=1e-7)
        assert found.p[row] == pytest.approx(2 * stats.t.sf(abs(slope / error), freedom), rel=1e-4, abs=1e-12)
    assert models == set(MODELS)


def test_the_model_follows_the_kind_and_the_ceiling() -> None:
    n = [1000] * 5
    low, high = [500, 520, 540, 560, 580], [940, 950, 960, 970, 980]
    assert MODELS[fit(low, n, "proportion").model[0]] == "log_share"
    assert MODELS[fit(high, n, "proportion").model[0]] == "logit"
    assert MODELS[fit(low, n, "proportion", ceiling=0.55).model[0]] == "logit"
    assert MODELS[fit(high, n, "rate").model[0]] == "log_events"
    assert MODELS[fit(high, n, "ratio").model[0]] == "log_value"
    # from 94% to 98% the odds grow by a third a year; the share itself cannot
    assert fit(high, n, "proportion").change[0] > 25


def test_an_exact_course_is_found_again() -> None:
    n = np.full(6, 1e9)
    for kind, share in (
        ("rate", 0.001 * 1.03 ** np.arange(6)),
        ("proportion", 0.4 * 0.97 ** np.arange(6)),
        ("ratio", 2.0 * 1.10 ** np.arange(6)),
    ):
        expected = (share[1] / share[0] - 1) * 100
        assert fit(share * n, n, kind).change[0] == pytest.approx(expected, abs=1e-6)
    odds = 9 * 1.2 ** np.arange(6)
    assert fit(odds / (1 + odds) * n, n, "proportion").change[0] == pytest.approx(20, abs=1e-6)


def test_a_lucky_series_claims_no_precision_it_does_not_have() -> None:
    # on the line exactly: Pearson's chi-square is next to nothing, the interval is that of the counts
    x = 1000 * 1.02 ** np.arange(6)
    found = fit(x, np.full(6, 1e6))
    assert found.dispersion[0] == 1
    _, error, _ = oracle(x, np.full(6, 1e6), YEARS, "log_events")
    assert found.error[0] == pytest.approx(error, rel=1e-6)


@pytest.mark.parametrize(
    ("x", "n", "kind", "reason"),
    [
        ([5], [10], "rate", "too_few_to_trend"),
        ([5, 6], [10, 10], "rate", "too_few_to_trend"),
        ([5, NAN, 6, NAN, NAN], [10] * 5, "proportion", "too_few_to_trend"),
        ([5, 6, 7], [0, 0, 10], "proportion", "too_few_to_trend"),
        ([11, 12, 7, 8], [10, 10, 10, 10], "proportion", "too_few_to_trend"),
        ([0, 0, 0, 0], [10, 20, 30, 40], "rate", "no_cases"),
        ([0, 0, 0, 0], [10, 20, 30, 40], "proportion", "no_cases"),
        ([10, 20, 30], [10, 20, 30], "proportion", "all_full"),
        ([5, 10, 15], [10, 20, 30], "rate", "all_equal"),
        ([3, 3, 3], [1, 1, 1], "ratio", "all_equal"),
        ([3, 0, 5], [1, 1, 1], "ratio", "not_above_zero"),
        ([3, -1, 5], [1, 1, 1], "ratio", "not_above_zero"),
    ],
)
def test_what_has_no_annual_change_says_why(x: list[float], n: list[float], kind: str, reason: str) -> None:
    found = fit(x, n, kind)
    assert REASONS[found.reason[0]] == reason
    assert np.isnan([found.change[0], found.lower[0], found.upper[0], found.p[0]]).all()


@pytest.mark.parametrize("kind", ["rate", "proportion", "ratio"])
def test_whatever_comes_gives_a_number_or_a_reason_and_no_warning(kind: str) -> None:
    random = np.random.default_rng(5)
    choices = np.array([0, 0, 1, 2, 7, 40, 1e6, 1e12, NAN, -3])
    x, n = random.choice(choices, (3000, 6)), random.choice(choices, (3000, 6))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = fit(x, n, kind)
    there = found.reason == 0
    assert there.any() and (~there).any()
    # a course too steep for a float is the end of the scale, never NaN
    assert not np.isnan(found.change[there]).any()
    assert np.isnan(found.change[~there]).all()
    assert (found.dispersion[there & np.isfinite(found.dispersion)] >= 1).all()
    assert LEAST == 3
