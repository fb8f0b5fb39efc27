"""Forecasts: against statsmodels, a slow and plain calculation, and worlds whose truth is known."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom
from statsmodels.tsa.forecasting.theta import ThetaModel

from evaltools import forecasts, theta_method, wording
from evaltools.datasets import load
from evaltools.forecasts import forecast
from evaltools.measures import indicators

pytestmark = pytest.mark.slow

NAN = float("nan")
Row = dict[str, Any]
Series = list[float]


def rows(values: Series, start: int = 2018, per: float = 100, size: float = 1000, **other: str) -> list[Row]:
    """One area's rows of a proportion, a year each; NaN is a year that was not reported."""
    names = {"area": "a", "unit": "", "indicator": "x", "definition": ""} | other
    return [
        {
            "period": str(start + at),
            **names,
            "numerator": value * size / per,
            "denominator": size,
            "value": value,
            "reason": "not reported" if np.isnan(value) else "",
        }
        for at, value in enumerate(values)
    ]


def frame(*many: list[Row]) -> pd.DataFrame:
    result = pd.DataFrame([row for some in many for row in some]).assign(lower=NAN, upper=NAN)
    text = ["period", "area", "unit", "indicator", "definition", "reason"]
    return result.astype(dict.fromkeys(text, "str"))


def catalogue(*entries: Row) -> pd.DataFrame:
    base = {"valid_from": "", "valid_to": "", "family": "f", "per": 100, "numerator": "n", "denominator": "d"}
    return pd.DataFrame([{**base, "indicator": "x", "kind": "proportion", **entry} for entry in entries or [{}]])


def breaks(start: str, end: str, kind: str = "definition", indicator: str = "*", area: str = "*") -> pd.DataFrame:
    return pd.DataFrame([{"from": start, "to": end, "indicator": indicator, "area": area, "kind": kind}])


def others(years: int = 7, n: int = 30, start: int = 2018) -> list[list[Row]]:
    """A region that rises evenly, a little less so in each area: here the method beats last year."""
    return [rows([50 + at + 2 * year for year in range(years)], start, area=f"o{at:02d}") for at in range(n)]


def only(ind: pd.DataFrame, period: str = "2024", table: pd.DataFrame | None = None, **options: Any) -> pd.Series:
    about = options.pop("about", catalogue())
    shown = options.pop("shown", [("a", "x")])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = forecast(ind, about, shown, period, table, **options)
    assert list(found.columns) == forecasts.COLUMNS
    assert len(found) == len(shown)
    return found.iloc[0]


# --- the method, beside statsmodels and written plainly -----------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=5, max_size=15), st.sampled_from([2.0, 3.0, 5.0]))
def test_theta_is_that_of_statsmodels(numbers: Series, bend: float) -> None:
    numbers = [number + 0.1 * at for at, number in enumerate(numbers)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its optimiser has something to say of odd series
        fitted = ThetaModel(pd.Series(numbers), period=1, deseasonalize=False).fit()
    smoothing = float(fitted.params["alpha"])
    if smoothing > 0.01:
        expected = float(fitted.forecast(1, theta=bend).iloc[0])
        ours = theta_method.theta(np.array([numbers]), smoothing, bend)
        assert ours[0] == pytest.approx(expected, rel=1e-6, abs=1e-6)


def theta_plainly(known: list[tuple[int, float]], ahead: int) -> float:
    """From (time, number): two thirds of the line, one third of the smoothed series bent three times as far from it."""
    slope, intercept = np.polyfit([time for time, _ in known], [number for _, number in known], 1)
    bent = [(intercept + slope * t) + 3 * (y - (intercept + slope * t)) for t, y in known]
    level = bent[0]
    for number in bent[1:]:
        level = 0.7 * number + 0.3 * level
    return float(2 / 3 * (intercept + slope * ahead) + level / 3)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.one_of(st.just(NAN), st.floats(-6, 6)), min_size=2, max_size=12))
def test_theta_with_gaps_is_its_definition(numbers: Series) -> None:
    known = [(at, number) for at, number in enumerate(numbers) if not np.isnan(number)]
    found = theta_method.theta(np.array([numbers, numbers]))
    if len(known) < 2:
        assert np.isnan(found).all()
    else:
        assert found == pytest.approx([theta_plainly(known, len(numbers))] * 2, abs=1e-9)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=8), st.integers(1, 30), st.sampled_from([1.0, 100.0, 1000.0]))
def test_the_scale_and_back(counts: list[int], size: int, per: float) -> None:
    x = np.minimum(np.array([counts], dtype=float), size)
    values, half = x * per / size, np.full(x.shape, per / 2 / size)
    # what is less than half a case away from none or from all is taken as just that far
    inside = [min(max(k, 0.5), size - 0.5) for k in x[0]]
    expected = [math.log(k / (size - k)) for k in inside]
    share = theta_method.scaled(values, np.array([per]), half)
    assert share[0] == pytest.approx(expected, abs=1e-9)
    rate = theta_method.scaled(values, np.array([np.inf]), half)
    assert rate[0] == pytest.approx([math.log(max(k, 0.5) * per / size) for k in x[0]], abs=1e-9)
    for at in range(x.shape[1]):
        back = theta_method.unscaled(rate[:, at], np.array([np.inf]), half[:, at])
        assert back == pytest.approx(values[:, at], abs=1e-9)
        if size > 1:
            back = theta_method.unscaled(share[:, at], np.array([per]), half[:, at])
            assert back == pytest.approx(values[:, at], abs=1e-9)


def test_what_has_no_place_on_the_scale() -> None:
    values = np.array([[-1.0, 101.0, 0.0, NAN, 100.0]])
    none = np.full(values.shape, NAN)
    assert np.isnan(theta_method.scaled(values, np.array([100.0]), none)).all()
    assert np.isnan(theta_method.scaled(values, np.array([100.0]), none + 1)).all()
    assert np.isnan(theta_method.scaled(values, np.array([100.0]), np.full(values.shape, 0.1))).tolist() == [
        [True, True, False, True, False]
    ]
    assert np.isnan(theta_method.scaled(values, np.array([np.inf]), none)).tolist() == [
        [True, False, True, True, False]
    ]


# --- the interval -------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(-9, 9), max_size=40), st.sampled_from([0.5, 0.6, 0.7, 0.8, 0.9, 0.95]))
def test_the_width_is_the_smallest_error_with_enough_others_within(errors: Series, confidence: float) -> None:
    n = len(errors)
    # one error more than those known: that many of the n + 1 have to be within
    needed = next(k for k in range(n + 2) if k >= round((n + 1) * confidence, 6))
    enough = [abs(e) for e in errors if sum(abs(other) <= abs(e) for other in errors) >= needed]
    found = theta_method.half_width(np.array([*errors, NAN]), confidence)
    assert np.isnan(found) if not enough else found == min(enough)
    assert bool(enough) == (n >= theta_method.fewest_errors(confidence))


@pytest.mark.parametrize("n", [4, 9, 20, 33])
def test_exchangeable_errors_are_held_as_often_as_promised(n: int) -> None:
    draw = np.random.default_rng(n)
    drawn = draw.standard_t(2, (4000, n + 1)) + 0.5  # heavy tails, and wrong on one side
    held = sum(abs(errors[-1]) <= theta_method.half_width(errors[:-1], 0.8) for errors in drawn)
    assert binom.ppf(0.001, 4000, 0.8) <= held <= binom.ppf(0.999, 4000, 0.8 + 1 / (n + 1))


# --- whole frames against a plain calculation ---------------------------------------------------------------------

KINDS = {"p": "proportion", "q": "proportion", "r": "ratio", "c": "count", "e": "rate"}


def region(seed: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """A small region with everything in it that goes wrong: an indicator frame, its catalogue and breaks."""
    draw = np.random.default_rng(seed)
    parts = []
    for indicator, kind in KINDS.items():
        for area in "abc":
            for definition in ["", "2019"] if indicator == "q" else [""]:
                level, trend = draw.uniform(-1, 4), draw.normal(0, 0.4)
                size = float(draw.choice([1, 8, 40, 300]))
                for year in range(2012, 2026):
                    p = 1 / (1 + math.exp(-(level + trend * (year - 2018))))
                    x = float(draw.binomial(size, p)) if draw.random() < 0.8 else float(draw.choice([0, size]))
                    x += 1 if draw.random() < 0.02 else 0
                    missing = draw.random() < 0.07 or (definition == "2019" and year < 2015)
                    x, below = (NAN, NAN) if missing else (x, NAN if kind == "count" else size)
                    parts.append(
                        {
                            "period": str(year),
                            "area": area,
                            "unit": "",
                            "indicator": indicator,
                            "definition": definition,
                            "numerator": x,
                            "denominator": below,
                            "value": x if kind == "count" else 100 * x / size,
                            "reason": "not reported"
                            if missing
                            else draw.choice(["", "boundary changed"], p=[0.97, 0.03]),
                        }
                    )
    ind = frame(parts)
    ind = ind[draw.random(len(ind)) > 0.02].reset_index(drop=True)
    about = [
        {"indicator": name, "kind": kind, "family": "f" if name in "pq" else "g", "per": 1 if kind == "count" else 100}
        for name, kind in KINDS.items()
    ]
    known = catalogue(*about, {**about[1], "valid_from": "2019"})
    table = []
    for _ in range(draw.integers(0, 4)):
        first = int(draw.integers(2012, 2026))
        ends = {"from": str(first), "to": str(first + int(draw.integers(0, 3)))}
        kind = str(draw.choice(["definition", "boundary", "disturbance"]))
        where = {"indicator": str(draw.choice(["*", *KINDS])), "area": str(draw.choice(["*", "a", "b"]))}
        table.append({**ends, **where, "kind": kind})
    return ind, known, pd.DataFrame(table, columns=["from", "to", "indicator", "area", "kind"])


class Plain:
    """The same forecasts by going through the rows again and again. Whole years only."""

    def __init__(self, ind: pd.DataFrame, known: pd.DataFrame, table: pd.DataFrame, without: bool, until: int) -> None:
        self.until = until
        self.kinds = dict(zip(known["indicator"], known["kind"], strict=True))
        self.families = dict(zip(known["indicator"], known["family"], strict=True))
        self.breaks = table.to_dict("records")
        self.without = without
        self.found: dict[tuple[tuple[str, str, str], int], float | None] = {}
        self.series: dict[tuple[str, str, str], dict[int, Row]] = {}
        for row in ind.to_dict("records"):
            if until - 10 < int(row["period"]) <= until:
                key = (row["area"], row["indicator"], row["definition"])
                self.series.setdefault(key, {})[int(row["period"])] = row

    def concerns(self, entry: Row, key: tuple[str, str, str]) -> bool:
        return entry["area"] in ("*", key[0]) and entry["indicator"] in ("*", key[1])

    def disturbed(self, key: tuple[str, str, str], year: int) -> bool:
        return any(
            entry["kind"] == "disturbance"
            and self.concerns(entry, key)
            and int(entry["from"]) <= year <= int(entry["to"])
            for entry in self.breaks
        )

    def apart(self, key: tuple[str, str, str], early: int, late: int) -> bool:
        """Whether something between two years makes them incomparable."""
        for entry in self.breaks:
            if entry["kind"] == "disturbance" or not self.concerns(entry, key):
                continue
            told = any(k[1] == key[1] and k[2] == entry["to"] for k in self.series)
            if entry["kind"] == "definition" and told:
                continue
            first_new = int(entry["to"])
            last_old = min(int(entry["from"]), first_new - 1)
            if not (late <= last_old or early >= first_new):
                return True
        found = self.series[key]
        return any(found.get(y, {}).get("reason") == "boundary changed" for y in range(early + 1, late + 1))

    def number(self, key: tuple[str, str, str], year: int) -> float | None:
        row, kind = self.series[key].get(year), self.kinds[key[1]]
        if row is None or np.isnan(row["value"]) or (self.without and self.disturbed(key, year)):
            return None
        x, n = row["numerator"], row["denominator"]
        if kind == "proportion":
            if x > n:
                return None
            x = min(max(x, 0.5), n - 0.5)
            return math.log(x / (n - x))
        if kind == "ratio":
            return math.log(100 * x / n) if x > 0 else None
        return math.log(max(x, 0.5) * (1 if kind == "count" else 100 / n))

    def points(self, key: tuple[str, str, str], year: int) -> list[tuple[int, float]]:
        numbers = [(y, self.number(key, y)) for y in range(self.until - 9, year + 1)]
        return [(y, number) for y, number in numbers if number is not None and not self.apart(key, y, year + 1)]

    def constant(self, key: tuple[str, str, str], known: list[tuple[int, float]]) -> bool:
        values = [self.series[key][y]["value"] for y, _ in known]
        return max(values) - min(values) <= 1e-12 * abs(min(values))

    def expected(self, key: tuple[str, str, str], year: int) -> float | None:
        if (key, year) not in self.found:  # asked for again and again
            known = self.points(key, year)
            none = len(known) < 5 or known[-1][0] != year or self.constant(key, known)
            self.found[key, year] = None if none else theta_plainly(known, year + 1)
        return self.found[key, year]

    def errors(self, indicator: str, family: bool) -> list[tuple[int, float, float]]:
        found = []
        for key in self.series:
            same = self.kinds[key[1]] == self.kinds[indicator]
            if same and (not family or self.families[key[1]] == self.families[indicator]):
                for year in range(self.until - 9, self.until):
                    guess, actual = self.expected(key, year), self.number(key, year + 1)
                    if guess is not None and actual is not None:
                        found.append((year + 1, actual - guess, actual - self.points(key, year)[-1][1]))
        return found

    def forecast(self, area: str, indicator: str, needed: int) -> Row:
        keys = [key for key in self.series if key[:2] == (area, indicator)]
        if not keys:
            return {"reason": "not in the data"}
        key = max(keys, key=lambda k: (self.until in self.series[k], k[2]))
        pool = "family"
        errors = self.errors(indicator, True)
        if len(errors) < needed:
            errors, pool = self.errors(indicator, False), "kind"
        sizes = sorted(abs(error) for _, error, _ in errors)
        mae, naive = (float(np.mean([abs(e[at]) for e in errors])) if errors else NAN for at in (1, 2))
        result = {
            "definition": key[2],
            "pool": pool,
            "n_errors": len(errors),
            "n_periods": len({year for year, _, _ in errors}),
            "mae": mae,
            "mae_naive": naive,
        }
        row = self.series[key].get(self.until)
        if row is None or np.isnan(row["value"]):
            return result | {"reason": "this period missing: " + (row["reason"] if row else "not in the data")}
        if self.number(key, self.until) is None:
            above = self.kinds[indicator] == "proportion" and row["value"] > 100
            hit = self.without and self.disturbed(key, self.until)
            why = "above 100%" if above else "disturbed period" if hit else "zero or negative"
            return result | {"reason": f"value of this period not usable: {why}"}
        if self.apart(key, self.until, self.until + 1):
            return result | {"reason": "definition or boundary of the next period differs"}
        known = self.points(key, self.until)
        guess = self.expected(key, self.until)
        if len(known) < 5:
            return result | {"reason": f"only {len(known)} points on one basis, 5 needed"}
        if guess is None:
            return result | {"reason": "the same value in every period"}
        if len(errors) < needed:
            return result | {"reason": f"only {len(errors)} past errors of such indicators, {needed} needed"}
        if not mae < naive:
            return result | {"reason": "in back-testing no better than the same as last year"}
        width = sizes[math.ceil((len(sizes) + 1) * 0.8 - 1e-9) - 1]
        size, kind = row["denominator"], self.kinds[indicator]
        limits = [self.value(number, kind, size) for number in (guess, guess - width, guess + width)]
        if kind == "count":
            limits = [round(limits[0]), math.floor(limits[1]), math.ceil(limits[2])]
        return result | {"points": len(known), "limits": limits, "reason": ""}

    @staticmethod
    def value(number: float, kind: str, size: float) -> float:
        if kind == "proportion":
            cases = size / (1 + math.exp(-number))
            return 100 * (0 if cases <= 0.5 + 1e-9 else size if cases >= size - 0.5 - 1e-9 else cases) / size
        cases = math.exp(number) * (1 if kind != "rate" else size / 100)
        if kind != "ratio" and cases <= 0.5 + 1e-9:
            return 0.0
        return math.exp(number)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans(), st.sampled_from([2021, 2024]))
def test_against_a_plain_calculation(seed: int, without: bool, until: int) -> None:
    ind, known, table = region(seed)
    plain = Plain(ind, known, table, without, until)
    shown = [(area, indicator) for area in "abz" for indicator in KINDS]
    before = ind.copy(deep=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = forecast(ind, known, shown, str(until), table, least_errors=9, without_disturbed=without)
    pd.testing.assert_frame_equal(ind, before)
    assert list(zip(found["area"], found["indicator"], strict=True)) == shown
    for row in found.to_dict("records"):
        expected = plain.forecast(row["area"], row["indicator"], 9)
        reason = row["reason"].partition("; ")[0]
        given = expected["reason"] == ""
        assert (row["method"] == "theta") == given
        remark = ("disturbed periods", "earlier periods")
        assert reason == expected["reason"] or (given and (not reason or reason.startswith(remark)))
        assert row["period"] == str(until + 1)
        for name in ("definition", "pool", "n_errors", "n_periods"):
            assert row[name] == expected.get(name, row[name]), name
        for name in ("mae", "mae_naive"):
            assert row[name] == pytest.approx(expected.get(name, NAN), abs=1e-9, nan_ok=True)
        limits = [row[name] for name in ("forecast", "lower", "upper")]
        assert limits == pytest.approx(expected.get("limits", [NAN] * 3), rel=1e-7, abs=1e-9, nan_ok=True)
        assert row["points"] == expected.get("points", row["points"])


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_nothing_later_no_unit_and_no_order_of_rows_changes_anything(seed: int) -> None:
    ind, known, table = region(seed)
    draw = np.random.default_rng(seed)
    shown = [(area, indicator) for area in "ab" for indicator in KINDS]
    expected = forecast(ind, known, shown, "2021", table, least_errors=9)
    later = ind["period"] > "2021"
    assert later.any()
    changed = ind.assign(
        value=ind["value"].mask(later, draw.uniform(-1, 200, len(ind))),
        denominator=ind["denominator"].mask(later, 7.0),
        reason=ind["reason"].mask(later, "boundary changed"),
    )
    units = ind.assign(unit="t", value=1.0)
    unknown = ind[~later & (ind["period"] == "2020")].assign(period="unknown", value=3.0)
    other = ind[ind["period"] == "2020"].assign(period="2020-01/2020-06", value=9.0)
    changed = pd.concat([changed, units, unknown, other]).sample(frac=1, random_state=seed % 2**31)
    pd.testing.assert_frame_equal(forecast(changed, known, shown, "2021", table, least_errors=9), expected)


# --- when there is none -------------------------------------------------------------------------------------------


def test_five_points_at_least() -> None:
    steady = frame(rows([60, 62, 64, 66], 2021), *others())
    found = only(steady)
    assert (found["points"], found["method"], found["reason"]) == (4, "", "only 4 points on one basis, 5 needed")
    assert np.isnan(found[["forecast", "lower", "upper"]].astype(float)).all()
    found = only(frame(rows([58, 60, 62, 64, 66], 2020), *others()))
    assert (found["points"], found["method"], found["reason"]) == (5, "theta", "")
    assert 66 < found["forecast"] < 68
    assert found["lower"] < found["forecast"] < found["upper"]
    with pytest.raises(ValueError, match="at least 5 points"):
        only(steady, least=4)


def test_a_gap_is_no_point_and_the_last_year_may_not_be_one() -> None:
    found = only(frame(rows([56, NAN, 58, 60, NAN, 64, 66]), *others()))
    assert (found["points"], found["method"]) == (5, "theta")
    found = only(frame(rows([56, NAN, 58, NAN, NAN, 64, 66]), *others()))
    assert found["reason"] == "only 4 points on one basis, 5 needed"
    found = only(frame(rows([54, 56, 58, 60, 62, 64, NAN]), *others()))
    assert found["reason"] == "this period missing: not reported"
    # a year without a row, at the end or between
    found = only(frame(rows([54, 56, 58, 60, 62, 64]), *others()))
    assert found["reason"] == "this period missing: not in the data"
    found = only(frame(rows([52, 54, 56], 2016), rows([60, 62, 64, 66], 2021), *others()))
    assert (found["points"], found["method"]) == (7, "theta")


@pytest.mark.parametrize("value", [0.0, 100.0, 61.5])
@pytest.mark.parametrize("kind", ["proportion", "rate", "ratio"])
def test_always_the_same(value: float, kind: str) -> None:
    # the size of the denominator is no change
    same = [row for at in range(7) for row in rows([value], 2018 + at, size=1000 + 300 * at)]
    found = only(frame(same, *others()), about=catalogue({"kind": kind}))
    no_logarithm = kind == "ratio" and value == 0
    why = "value of this period not usable: zero or negative" if no_logarithm else "the same value in every period"
    assert (found["method"], found["reason"]) == ("", why)
    # and it is in nobody's pool
    assert found["n_errors"] == 60


def test_everybody_at_zero_or_at_the_top() -> None:
    for value in (0.0, 100.0):
        found = only(frame(*[rows([value] * 7, area=f"{at}") for at in range(30)]), shown=[("3", "x")])
        assert found["reason"] == "the same value in every period"
        assert (found["n_errors"], found["n_periods"]) == (0, 0)


def test_what_is_no_number_for_the_method() -> None:
    found = only(frame(rows([58, 60, 62, 64, 66, 68, 104]), *others()))
    assert found["reason"] == "value of this period not usable: above 100%"
    found = only(frame(rows([58, 60, 62, 64, 66, 68, 0]), *others()), about=catalogue({"kind": "ratio"}))
    assert found["reason"] == "value of this period not usable: zero or negative"
    # one such year before is a gap
    found = only(frame(rows([58, 60, 104, 64, 66, 68, 70]), *others()))
    assert (found["points"], found["method"]) == (6, "theta")


def test_too_few_errors_and_no_better_than_last_year() -> None:
    found = only(frame(rows([58, 60, 62, 64, 66, 68, 70]), *others(n=8)))
    assert found["reason"] == "only 18 past errors of such indicators, 20 needed"
    found = only(frame(rows([58, 60, 62, 64, 66, 68, 70]), *others(n=9)))
    assert (found["n_errors"], found["n_periods"], found["reason"]) == (20, 2, "")
    # 95% needs 19 of them, 99% 99
    assert only(frame(rows([58, 60, 62, 64, 66, 68, 70]), *others(n=9)), least_errors=1, confidence=0.99)[
        "reason"
    ].startswith("only 20 past errors of such indicators, 99 needed")
    turned = [rows([50 + at, 52 + at, 54 + at, 56 + at, 58 + at, 57 + at, 55 + at], area=f"{at}") for at in range(20)]
    found = only(frame(*turned), shown=[("3", "x")])
    assert found["reason"] == "in back-testing no better than the same as last year"
    assert found["mae"] > found["mae_naive"] > 0


def test_a_small_family_is_measured_by_its_kind_and_never_by_another() -> None:
    about = catalogue(
        {"family": "small"},
        {"indicator": "y", "family": "large"},
        {"indicator": "z", "kind": "ratio", "family": "small"},
    )
    mine = rows([58, 60, 62, 64, 66, 68, 70])
    like = [[{**row, "indicator": "y"} for row in some] for some in others()]
    found = only(frame(mine, *like), about=about)
    assert (found["pool"], found["n_errors"], found["method"]) == ("kind", 62, "theta")
    unlike = [[{**row, "indicator": "z"} for row in some] for some in others()]
    found = only(frame(mine, *unlike), about=about)
    assert (found["pool"], found["n_errors"], found["method"]) == ("kind", 2, "")
    found = only(frame(mine, *others(), *like), about=about)
    assert (found["pool"], found["n_errors"]) == ("family", 62)
    found = only(frame(mine, *others(), *like), about=about, exclude=["a", "o00"])
    assert (found["pool"], found["n_errors"], found["method"]) == ("family", 58, "theta")


# --- breaks, definitions and disturbed years ----------------------------------------------------------------------


def test_never_across_a_break() -> None:
    ind = frame(rows([30, 32, 34, 56, 58, 60, 62, 64, 66], 2016), *others(9, start=2016))
    whole = only(ind)
    assert (whole["points"], whole["reason"]) == (9, "")
    for kind in ("definition", "boundary"):
        cut = only(ind, table=breaks("2018", "2019", kind))
        assert (cut["points"], cut["method"]) == (6, "theta")
        assert cut["reason"] == "earlier periods on another basis not used"
        # as if what came before had never been
        kept = ind[ind["period"] >= "2019"]
        assert only(kept)["forecast"] == cut["forecast"]
        assert cut["n_errors"] == 31
        late = only(ind, table=breaks("2020", "2021", kind))
        assert late["reason"].split("; ")[0] == "only 4 points on one basis, 5 needed"
        # known beforehand: next year is another thing
        following = only(ind, table=breaks("2024", "2025", kind))
        assert following["reason"] == "definition or boundary of the next period differs"
        elsewhere = only(ind, table=breaks("2020", "2021", kind, area="o00"))
        assert (elsewhere["points"], elsewhere["method"]) == (9, "theta")


def test_a_place_that_absorbed_another_begins_anew() -> None:
    ind = frame(rows([30, 32, 34, 56, 58, 60, 62, 64, 66], 2016), *others(9, start=2016))
    absorbed = (ind["area"] == "a") & (ind["period"] == "2020")
    found = only(ind.assign(reason=ind["reason"].mask(absorbed, "boundary changed")))
    assert (found["points"], found["reason"]) == (5, "earlier periods on another basis not used")
    merged = (ind["area"] == "a") & (ind["period"] < "2020")
    found = only(ind.assign(reason=ind["reason"].mask(merged, "sum of 2 predecessors")))
    assert (found["points"], found["reason"]) == (9, "comparable basis: predecessors")
    both = ind["reason"].mask(merged, "sum of 2 predecessors").mask(absorbed, "boundary changed")
    assert only(ind.assign(reason=both))["reason"] == "earlier periods on another basis not used"


def test_the_newest_definition_and_nothing_of_the_older_one() -> None:
    about = catalogue({"valid_to": "2020"}, {"valid_from": "2020"})
    old = rows([30, 32, 34], 2018)
    ind = frame(old, rows([62, 64, 66, 68, 70], 2020, definition="2020"), *others())
    found = only(ind, about=about)
    assert (found["definition"], found["points"], found["method"]) == ("2020", 5, "theta")
    assert found["forecast"] > 70
    # the catalogue tells of the break, so the table of breaks bars nothing more
    assert only(ind, about=about, table=breaks("2020", "2020"))["points"] == 5
    found = only(frame(rows([58, 60, 62, 64, 66, 68, 70]), *others()), about=catalogue({"valid_to": "2024"}))
    assert found["reason"] == "definition or boundary of the next period differs"


def test_disturbed_years_are_told_and_can_be_left_out() -> None:
    ind = frame(rows([54, 56, 20, 60, 62, 64, 66]), *others())
    table = breaks("2020", "2020", "disturbance")
    kept, left = only(ind, table=table), only(ind, table=table, without_disturbed=True)
    assert (kept["points"], kept["reason"]) == (7, "disturbed periods among the points: 1")
    assert (left["points"], left["reason"]) == (6, "disturbed periods left out: 1")
    gap = frame(rows([54, 56, NAN, 60, 62, 64, 66]), *others())
    gap.loc[gap["period"] == "2020", "value"] = NAN
    assert left["forecast"] == only(gap)["forecast"] != kept["forecast"]
    # a year without a figure, and one before a break, are no point that could have been disturbed
    assert only(gap, table=table)["reason"] == ""
    both = pd.concat([breaks("2018", "2018", "disturbance"), breaks("2018", "2019")])
    assert only(ind, table=both)["reason"] == "earlier periods on another basis not used"
    now = only(ind, table=breaks("2024", "2024", "disturbance"), without_disturbed=True)
    assert now["reason"].startswith("value of this period not usable: disturbed period")


# --- units, kinds, months -----------------------------------------------------------------------------------------


def test_never_above_the_whole_nor_below_zero() -> None:
    high = [97.5, 98.2, 98.9, 99.4, 99.7, 99.9, 100]
    wide = [rows([50, 50 + at, 60, 70, 80, 60 + at, 90], area=f"o{at}") for at in range(30)]
    up = only(frame(rows(high), *wide))
    assert up["method"] == "theta"
    assert 99.5 < up["forecast"] <= up["upper"] == 100
    down = only(frame(rows([100 - x for x in high]), *wide))
    assert 0 == down["lower"] <= down["forecast"] < 0.5
    # what is not a share may pass 100
    money = only(frame(rows([90, 93, 96, 99, 102, 105, 108]), *wide), about=catalogue({"kind": "ratio"}))
    assert money["forecast"] > 108


def test_counts_are_whole_numbers_and_their_limits_go_outwards() -> None:
    def counts(scale: float) -> pd.DataFrame:
        ind = frame(rows([60, 62, 65, 66, 70, 71, 75]), *others())
        return ind.assign(value=ind["value"] * scale, numerator=ind["value"] * scale, denominator=NAN)

    about = catalogue({"kind": "count", "per": 1})
    whole, parts = only(counts(1), about=about), only(counts(1.01), about=about)
    assert parts["forecast"] % 1 and parts["lower"] % 1 and parts["upper"] % 1
    exact = parts[["forecast", "lower", "upper"]].astype(float) / 1.01
    assert whole["forecast"] == round(exact["forecast"])
    assert (whole["lower"], whole["upper"]) == (math.floor(exact["lower"]), math.ceil(exact["upper"]))


def test_the_worst_unit_is_on_the_scale_of_what_it_is_worst_at() -> None:
    about = catalogue({"kind": "worst_unit", "numerator": "y"}, {"indicator": "y"})
    same = only(frame(rows([90, 93, 95, 97, 98, 98.6, 99]), *others()), about=catalogue())
    found = only(frame(rows([90, 93, 95, 97, 98, 98.6, 99]), *others()), about=about)
    assert found["forecast"] == same["forecast"] < 100
    # yet it strays more than shares of whole areas do, so it is not measured by them
    like = [[{**row, "indicator": "y"} for row in some] for some in others(n=40)]
    both = frame(rows([90, 93, 95, 97, 98, 98.6, 99]), *others(), *like)
    assert only(both, about=about, shown=[("a", "x"), ("o00", "y")])["n_errors"] == 62


def test_the_same_months_of_each_year_whatever_they_are_called() -> None:
    halves = frame(rows([58, 60, 62, 64, 66, 68, 70]), *others())
    noise = halves.assign(value=3.0)
    halves["period"] = halves["period"] + "-H1"
    halves.loc[halves["period"] == "2020-H1", "period"] = "2020-01/2020-06"
    noise["period"] = noise["period"] + "-H2"
    found = only(pd.concat([halves, noise]), "2024-H1")
    assert (found["period"], found["points"], found["method"]) == ("2025-H1", 7, "theta")
    whole = only(frame(rows([58, 60, 62, 64, 66, 68, 70]), *others()))
    assert found["forecast"] == whole["forecast"]
    second = noise.assign(period=noise["period"].str.replace("-H2", "-07/") + noise["period"].str[:4] + "-12")
    years = frame(rows([58, 60, 62, 64, 66, 68, 70]), *others())
    without = years[(years["area"] != "a") | (years["period"] != "2020")]
    assert only(pd.concat([without, second]))["points"] == 6
    twice = halves[(halves["period"] == "2020-01/2020-06") & (halves["area"] == "a")]
    twice = twice.assign(period="2020-H1", value=50.0)
    again = only(pd.concat([twice, halves]), "2024-H1")
    assert again["forecast"] != whole["forecast"]  # of two, the spelling that was asked for
    assert again["forecast"] == only(pd.concat([halves, twice]), "2024-H1")["forecast"]


def test_what_is_too_long_ago_is_not_used() -> None:
    long = frame(rows([5 + 3 * at for at in range(20)], 2005), *others(20, start=2005))
    found = only(long)
    assert found["points"] == 10
    assert found["forecast"] == only(long[long["period"] > "2014"])["forecast"]


def test_what_cannot_be_asked() -> None:
    ind = frame(rows([58, 60, 62, 64, 66, 68, 70]), *others())
    with pytest.raises(ValueError, match="more than one row for period=2018, area=a, unit=, indicator=x"):
        only(pd.concat([ind, ind.head(1)]))
    for confidence in (0, 1, 80):
        with pytest.raises(ValueError, match="between 0 and 1"):
            only(ind, confidence=confidence)
    with pytest.raises(ValueError, match="not a period"):
        only(ind, "unknown")
    found = forecast(ind, catalogue(), [("a", "none"), ("none", "x"), ("a", "x"), ("a", "x")], "2024")
    assert found["reason"].tolist() == ["not in the data", "not in the data", ""]
    for empty in (ind.iloc[:0], ind.assign(period=ind["period"].replace("2024", "2025")).tail(1)):
        found = only(empty)
        assert (found["method"], found["reason"], found["n_errors"]) == ("", "not in the data", 0)
    assert forecast(ind, catalogue(), [], "2024").empty


# --- worlds whose truth is known ----------------------------------------------------------------------------------


def world(model: str, regions: int = 400, areas: int = 20, years: int = 7, seed: int = 5) -> tuple[Any, ...]:
    """Independent regions, each a family of its own: the frame, its catalogue, what is asked and what then came."""
    draw = np.random.default_rng(seed)
    shape = (regions, areas, years + 1)
    time = np.arange(years + 1)
    trend = draw.normal(0.12, 0.06, (regions, 1, 1)) + draw.normal(0, 0.03, (regions, areas, 1))
    start = draw.normal(0.5, 0.5, (regions, areas, 1))
    shocks = draw.normal(0, 0.1, shape)
    logit = {
        "drifting walk": start + trend * time + np.cumsum(shocks, axis=2),
        "line": start + trend * time,
        "line with noise": start + trend * time + shocks,
        "level with noise": start + shocks,
        "walk": start + np.cumsum(shocks, axis=2),
    }[model]
    size = draw.integers(300, 3000, (regions, areas, 1))
    cases = draw.binomial(np.broadcast_to(size, shape), 1 / (1 + np.exp(-logit)))
    at = np.indices((regions, areas, years)).reshape(3, -1)
    below = np.broadcast_to(size, shape)[tuple(at)].astype(float)
    x = cases[tuple(at)].astype(float)
    names = [f"i{number}" for number in range(regions)]
    ind = pd.DataFrame(
        {
            "period": [str(2018 + number) for number in at[2]],
            "area": [f"{number}" for number in at[1]],
            "unit": "",
            "indicator": [names[number] for number in at[0]],
            "definition": "",
            "numerator": x,
            "denominator": below,
            "value": 100 * x / below,
            "reason": "",
        }
    )
    about = catalogue(*({"indicator": name, "family": name} for name in names))
    chosen = draw.integers(0, areas, regions)  # one each, so that the trials are independent
    shown = [(str(area), name) for area, name in zip(chosen, names, strict=True)]
    ends = cases[np.arange(regions), chosen] / size[np.arange(regions), chosen] * 100
    return ind, about, shown, ends[:, -1], ends[:, -2]


@pytest.mark.parametrize("model", ["drifting walk", "line", "line with noise"])
def test_the_interval_holds_what_comes_at_least_as_often_as_it_says(model: str) -> None:
    ind, about, shown, came, last = world(model, regions=1500)
    found = forecast(ind, about, shown, "2024")
    assert (found["n_errors"] == 40).all()
    offered = (found["method"] == "theta").to_numpy()
    assert offered.mean() > 0.75
    held = ((found["lower"] <= came) & (came <= found["upper"]))[offered]
    n = int(offered.sum())
    # no less than it claims but by chance, and no wider than it takes
    assert binom.ppf(0.001, n, 0.8) <= held.sum() <= binom.ppf(0.999, n, 0.8 + 1 / 41)
    errors = np.abs(found["forecast"] - came)[offered].mean()
    assert errors < 0.95 * np.abs(last - came)[offered].mean()


def test_where_nothing_moves_but_chance_it_is_refused_or_no_worse_than_last_year() -> None:
    ind, about, shown, came, last = world("walk")
    walk = forecast(ind, about, shown, "2024")
    offered = (walk["method"] == "theta").to_numpy()
    assert offered.mean() < 0.35
    assert (walk["reason"][~offered] == "in back-testing no better than the same as last year").all()
    ind, about, shown, came, last = world("level with noise")
    level = forecast(ind, about, shown, "2024")
    offered = (level["method"] == "theta").to_numpy()
    errors, naive = np.abs(level["forecast"] - came)[offered], np.abs(last - came)[offered]
    assert errors.mean() < naive.mean()
    held = ((level["lower"] <= came) & (came <= level["upper"]))[offered]
    assert held.sum() >= binom.ppf(0.001, int(offered.sum()), 0.8)


def test_a_region_that_moves_together_is_missed_more_often_from_signed_errors() -> None:
    draw = np.random.default_rng(3)
    held = {"absolute": 0.0, "signed": 0.0}
    for _ in range(400):
        noise = math.sqrt(0.7) * draw.normal(0, 0.12, (36, 7)) + math.sqrt(0.3) * draw.normal(0, 0.12, 7)
        numbers = draw.normal(0.1, 0.08, (36, 1)) * np.arange(7) + noise
        known, values = np.zeros((36, 8), dtype=np.int64), np.exp(numbers[:, :6])
        errors = theta_method.back_test(numbers[:, :6], values, known)[0][:, 5]
        coming = numbers[:, 6] - theta_method.one_step(numbers[:, :6], values, known, 5).forecast
        held["absolute"] += np.mean(np.abs(coming) <= theta_method.half_width(errors)) / 400
        low, high = np.sort(errors)[[2, 33]]  # the 3rd from either end, of 36 errors
        held["signed"] += np.mean((low <= coming) & (coming <= high)) / 400
    assert held["absolute"] > 0.78
    assert held["signed"] < held["absolute"] - 0.03


def test_why_this_method_and_not_another() -> None:
    """Steady lines, walks, noise and trends that level off: each method where its own back-test lets it."""
    draw = np.random.default_rng(11)
    time, shape = np.arange(7), (300, 36, 7)
    trend = draw.normal(0.1, 0.08, (300, 36, 1))
    noise = draw.normal(0, 0.12, shape)
    worlds = {
        "steady": trend * time + noise / 3,
        "walk": np.cumsum(noise, axis=2),
        "level": noise,
        "levels off": 2 * trend * (1 - 0.75**time) / 0.25 + noise,
        "drifting walk": trend * time + np.cumsum(noise, axis=2),
    }

    def drift(past: np.ndarray) -> np.ndarray:
        return past[..., -1] + (past[..., -1] - past[..., 0]) / (past.shape[-1] - 1)

    def line(past: np.ndarray) -> np.ndarray:
        flat = past.reshape(-1, past.shape[-1])
        slope, level = np.polyfit(np.arange(flat.shape[1]), flat.T, 1)
        return (level + slope * flat.shape[1]).reshape(past.shape[:-1])

    def ours(past: np.ndarray) -> np.ndarray:
        return theta_method.theta(past.reshape(-1, past.shape[-1])).reshape(past.shape[:-1])

    ratio: dict[str, dict[str, float]] = {"drift": {}, "line": {}, "ours": {}}
    for name, method in (("drift", drift), ("line", line), ("ours", ours)):
        for world_name, numbers in worlds.items():
            tested = np.abs(numbers[..., 5] - method(numbers[..., :5])).mean(axis=1)
            better = tested < np.abs(numbers[..., 5] - numbers[..., 4]).mean(axis=1)
            naive = np.abs(numbers[..., 6] - numbers[..., 5])
            used = np.where(better[:, None], np.abs(numbers[..., 6] - method(numbers[..., :6])), naive)
            ratio[name][world_name] = used.mean() / naive.mean()
    assert max(ratio["ours"].values()) < 1.015
    assert max(ratio["drift"].values()) > 1.02 and max(ratio["line"].values()) > 1.02
    assert ratio["ours"]["level"] < 0.98 < ratio["drift"]["level"]
    assert ratio["ours"]["steady"] < 0.7


# --- real and made-up datasets ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "period", "least"), [("england", "2023", 5), ("example", "2024", 40), ("seeds", "2018", 0)]
)
def test_whole_datasets(name: str, period: str, least: int) -> None:
    data = load(name)
    ind = indicators(data, units=False)
    shown = [(area, indicator) for area in ind["area"].unique() for indicator in data.catalogue["indicator"].unique()]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = forecast(ind, data.catalogue, shown, period, data.breaks, exclude=[data.meta.region])
    given = found["method"] == "theta"
    assert given.sum() >= least
    numbers = found[["forecast", "lower", "upper"]]
    assert (numbers.notna().all(axis=1) == given).all() and (numbers.isna().all(axis=1) == ~given).all()
    assert (found["reason"][~given] != "").all()
    assert wording.untranslated(found["reason"].unique()) == []
    some = found[given]
    assert (some["lower"] <= some["forecast"]).all() and (some["forecast"] <= some["upper"]).all()
    assert (some["lower"] >= 0).all() and (some["points"] >= 5).all() and (some["n_errors"] >= 20).all()
    assert (some["mae"] < some["mae_naive"]).all()
    about = data.catalogue.drop_duplicates("indicator", keep="last").set_index("indicator")
    share = some["indicator"].map(about["kind"]).isin(["proportion", "units_meeting"])
    assert (some["upper"] <= some["indicator"].map(about["per"]).astype(float))[share].all()


def test_every_reason_has_words_in_both_languages() -> None:
    reasons = [key for key in wording.topic("forecast") if key.startswith("reason_")]
    for key in reasons:
        text = wording.word(f"forecast.{key}", "en", n=3, least=5, reason="above 100%")
        assert wording.untranslated([text]) == []
        expected = wording.word(f"forecast.{key}", "zh", n=3, least=5, reason=wording.reason("above 100%", "zh"))
        assert wording.reason(text, "zh") == expected
