"""Change from the same months of last year, against a slow and plain calculation and published values."""

from __future__ import annotations

import warnings
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep

from evaltools import changes, differences, wording
from evaltools.datasets import load
from evaltools.measures import indicators

HERE = Path(__file__).parent
NAN = float("nan")
Row = dict[str, Any]


def row(period: str, top: float = NAN, bottom: float = NAN, reason: str = "", **other: str) -> Row:
    """One row of an indicator frame, per 100."""
    names = {"area": "990101", "unit": "", "indicator": "managed", "definition": ""} | other
    value = 100 * top / bottom if bottom else NAN
    return {"period": period, **names, "numerator": top, "denominator": bottom, "value": value, "reason": reason}


def frame(*rows: Row) -> pd.DataFrame:
    numbers = ["numerator", "denominator", "value"]
    text = ["period", "area", "unit", "indicator", "definition", "reason"]
    result = pd.DataFrame(list(rows), columns=[*text[:5], *numbers, "reason"])
    return result.astype(dict.fromkeys(numbers, float) | dict.fromkeys(text, "str")).assign(lower=NAN, upper=NAN)


def breaks(start: str, end: str, kind: str = "definition", indicator: str = "*", area: str = "*") -> pd.DataFrame:
    cells = {"from": start, "to": end, "indicator": indicator, "area": area, "kind": kind}
    return pd.DataFrame([{**cells, "note_zh": "说明", "note_en": "note"}])


def only(ind: pd.DataFrame, table: pd.DataFrame | None = None) -> pd.Series:
    result = changes.year_on_year(ind, table)
    assert list(result.columns) == changes.COLUMNS
    assert len(result) == 1
    return result.iloc[0]


# --- one row at a time ---------------------------------------------------------------------------------------------


def test_points_and_relative_change() -> None:
    # 3051/3807 = 80.142 %, 2709/3612 = 75 %
    found = only(frame(row("2023", 2709, 3612), row("2024", 3051, 3807)))
    assert found["previous_period"] == "2023"
    assert (found["previous_numerator"], found["previous_denominator"]) == (2709, 3612)
    assert found["change_pp"] == pytest.approx(float(100 * (Fraction(3051, 3807) - Fraction(3, 4))), rel=1e-13)
    assert found["change_percent"] == pytest.approx(float(100 * (Fraction(3051, 3807) / Fraction(3, 4) - 1)), rel=1e-13)
    assert found["reason"] == ""


@pytest.mark.parametrize("scale", [1, 2, 3, 7, 11, 49, 997])
def test_equal_ratios_change_by_exactly_zero(scale: int) -> None:
    found = only(frame(row("2023", 2, 7), row("2024", 2 * scale, 7 * scale)))
    assert (found["change_pp"], found["change_percent"]) == (0, 0)


@pytest.mark.parametrize(
    ("period", "previous"),
    [
        ("2024", "2023"),
        ("2024-H1", "2023-H1"),
        ("2024-Q3", "2023-Q3"),
        ("2024-06", "2023-06"),
        ("2024-01/2024-10", "2023-01/2023-10"),
        ("2023-12/2024-11", "2022-12/2023-11"),
        ("2024-01/2024-06", "2023-H1"),
        ("2024-Q1", "2023-01/2023-03"),
    ],
)
def test_the_same_months_a_year_earlier(period: str, previous: str) -> None:
    found = only(frame(row(period, 3, 4), row(previous, 1, 4)))
    assert (found["period"], found["previous_period"], found["change_pp"]) == (period, previous, 50)


@pytest.mark.parametrize(
    ("period", "other"),
    [
        ("2024-01/2024-09", "2023"),
        ("2024", "2022"),
        ("2024-06", "2024-05"),
        ("unknown", "unknown"),
        ("2024", "unknown"),
        ("2024-H1", "2023-H2"),
    ],
)
def test_other_months_are_never_compared(period: str, other: str) -> None:
    ind = frame(row(period, 3, 4, area="a"), row(other, 1, 4, area="b"))
    assert changes.year_on_year(ind).empty


@pytest.mark.parametrize("half", ["-H1", "-01/{}-06"])
def test_the_exact_spelling_is_preferred(half: str) -> None:
    now, previous = (f"{year}{half.format(year)}" for year in (2024, 2023))
    found = only(frame(row("2023-01/2023-06", 1, 4), row("2023-H1", 2, 4), row(now, 3, 4)))
    assert (found["period"], found["previous_period"]) == (now, previous)


@pytest.mark.parametrize(
    ("before", "now", "reason"),
    [
        (row("2023", reason="not reported"), row("2024", 3, 4), "previous period missing: not reported"),
        (
            row("2023", 1, 4),
            row("2024", reason="11 of 12 units reported"),
            "this period missing: 11 of 12 units reported",
        ),
        (
            row("2023", reason="not applicable"),
            row("2024", reason="not reported"),
            "this period missing: not reported; previous period missing: not applicable",
        ),
        (row("2023", 1, 4, area="other"), row("2024", 3, 4), "previous period missing: not in the data"),
        (row("2023"), row("2024", 3, 4), "previous period missing: no value"),
        (row("2023", 1, 4), row("2024", 3, 4, definition="2024"), "not comparable: definition changed"),
    ],
)
def test_no_change_without_both_sides(before: Row, now: Row, reason: str) -> None:
    found = only(frame(before, now))
    assert np.isnan(found["change_pp"])
    assert np.isnan(found["change_percent"])
    assert found["reason"] == reason


def test_a_bridging_year_is_compared_on_one_definition() -> None:
    ind = frame(
        row("2021", 50, 100),
        row("2022", 60, 100),
        row("2022", 40, 100, definition="2022"),
        row("2023", 45, 100, definition="2022"),
    )
    found = changes.year_on_year(ind).set_index(["period", "definition"])
    assert found["change_pp"].to_dict() == pytest.approx(
        {("2022", ""): 10, ("2022", "2022"): NAN, ("2023", "2022"): 5}, nan_ok=True
    )
    assert found.loc[("2022", "2022"), "reason"] == "not comparable: definition changed"
    assert np.isnan(found.loc[("2022", "2022"), "previous_value"])


def test_from_zero_there_is_no_relative_change() -> None:
    found = only(frame(row("2023", 0, 5), row("2024", 1, 4)))
    assert found["change_pp"] == 25
    assert np.isnan(found["change_percent"])
    assert found["reason"] == "previous value is zero"


def test_from_a_negative_amount_there_is_no_relative_change() -> None:
    found = only(frame(row("2023", -2, 100), row("2024", 1, 100)))
    assert found["change_pp"] == 3
    assert np.isnan(found["change_percent"])
    assert found["reason"] == "previous value is negative"


@pytest.mark.parametrize("now", [False, True])
def test_predecessors_are_a_comparable_basis(now: bool) -> None:
    summed = "sum of 2 predecessors"
    ind = frame(row("2022", 1, 4, "" if now else summed), row("2023", 2, 4, summed if now else ""))
    found = only(ind)
    assert (found["change_pp"], found["reason"]) == (25, "comparable basis: predecessors")


def test_one_row_each() -> None:
    with pytest.raises(ValueError, match="period=2024, area=990101, unit=, indicator=managed"):
        changes.year_on_year(frame(row("2023", 1, 4), row("2024", 1, 4), row("2024", 2, 4)))


def test_nothing_to_compare() -> None:
    for ind in (frame(), frame(row("2024", 1, 4))):
        result = changes.year_on_year(ind, breaks("2024", "2024"))
        assert list(result.columns) == changes.COLUMNS
        assert result.empty


# --- breaks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "barred"),
    [
        ("2022", "2022", ["2022"]),
        ("2021", "2022", ["2022"]),
        ("2021", "2023", ["2022", "2023"]),
        ("2022", "*", ["2022"]),
        ("*", "2022", ["2022"]),
        ("2022-07", "2022-07", ["2022", "2023"]),
        ("2020", "2020", []),
        ("2024", "2024", []),
        ("unknown", "unknown", ["2021", "2022", "2023"]),
    ],
)
@pytest.mark.parametrize("kind", ["definition", "boundary"])
def test_across_a_break_nothing_is_comparable(start: str, end: str, barred: list[str], kind: str) -> None:
    ind = frame(*(row(str(year), year - 2000, 100) for year in range(2020, 2024)))
    found = changes.year_on_year(ind, breaks(start, end, kind)).set_index("period")
    assert found.index[found["reason"] == f"not comparable: {kind} break"].tolist() == barred
    assert found.index[found["change_pp"].isna()].tolist() == barred
    assert found["previous_value"].notna().all()


def test_in_a_bridging_year_the_break_is_between_the_definitions() -> None:
    ind = frame(
        *(row(period, 1, 4, indicator=i) for period in ("2021", "2022") for i in "xy"),
        row("2022", 2, 4, indicator="x", definition="2022"),
        row("2023", 3, 4, indicator="x", definition="2022"),
        row("2023", 3, 4, indicator="y"),
    )
    found = changes.year_on_year(ind, breaks("2022", "2022")).set_index(["indicator", "period", "definition"])
    assert found["reason"].to_dict() == {
        ("x", "2022", ""): "",
        ("x", "2022", "2022"): "not comparable: definition changed",
        ("x", "2023", "2022"): "",
        # nothing but the break tells that this one changed
        ("y", "2022", ""): "not comparable: definition break",
        ("y", "2023", ""): "",
    }
    # a change of boundaries is not in the catalogue
    found = changes.year_on_year(ind, breaks("2022", "2022", "boundary")).set_index(["indicator", "period"])
    assert found.loc[("x", "2022"), "change_pp"].isna().all()


def test_a_break_is_of_its_indicator_and_area() -> None:
    ind = frame(*(row(period, 1, 4, area=a, indicator=i) for period in ("2023", "2024") for a in "ab" for i in "xy"))
    table = pd.concat([breaks("2024", "2024", "boundary", area="a"), breaks("2024", "2024", indicator="y")])
    found = changes.year_on_year(ind, table).set_index(["area", "indicator"])["reason"]
    assert found.to_dict() == {
        ("a", "x"): "not comparable: boundary break",
        ("a", "y"): "not comparable: definition break; not comparable: boundary break",
        ("b", "x"): "",
        ("b", "y"): "not comparable: definition break",
    }


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [
        ("2020", "2020", ["2020", "2021"]),
        ("2020", "2021", ["2020", "2021", "2022"]),
        ("2020-02", "2020-04", ["2020", "2021"]),
        ("*", "2019", ["2019", "2020"]),
        ("2022", "*", ["2022"]),
        ("*", "*", ["2019", "2020", "2021", "2022"]),
    ],
)
def test_a_disturbance_is_told_and_compared(start: str, end: str, told: list[str]) -> None:
    ind = frame(*(row(str(year), year - 2000, 100) for year in range(2018, 2023)))
    found = changes.year_on_year(ind, breaks(start, end, "disturbance")).set_index("period")
    assert found.index[found["reason"] == "disturbed period"].tolist() == told
    assert found["change_pp"].tolist() == pytest.approx([1, 1, 1, 1])


# --- against a plain calculation -----------------------------------------------------------------------------------

PERIODS = ["2022", "2023", "2024", "2023-H1", "2024-H1", "2023-01/2023-06", "2023-03", "2024-03", "unknown"]
REASONS = ["", "not reported", "3 of 4 units reported"]
# zeros and repeats are what goes wrong
SIZES = st.integers(0, 6)


def months(period: str) -> list[tuple[int, int]]:
    """The months of the periods used here."""
    if period == "unknown":
        return []
    year = int(period[:4])
    first, last = {"": (1, 12), "-H1": (1, 6), "-03": (3, 3)}.get(period[4:], (1, 6))
    return [(year, month) for month in range(first, last + 1)]


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    keys = st.tuples(
        st.sampled_from(PERIODS),
        st.sampled_from("ab"),
        st.sampled_from(["", "t"]),
        st.sampled_from("xy"),
        st.sampled_from(["", "2023"]),
    )
    rows = []
    for period, area, unit, indicator, definition in draw(st.lists(keys, unique=True, max_size=25)):
        names = {"area": area, "unit": unit, "indicator": indicator, "definition": definition}
        if draw(st.booleans()):
            rows.append(row(period, draw(SIZES), draw(st.integers(1, 6)), **names))
        else:
            rows.append(row(period, reason=draw(st.sampled_from(REASONS)), **names))
    return frame(*rows)


def plainly(ind: pd.DataFrame) -> list[tuple[Any, ...]]:
    """What `year_on_year` says without breaks, by looking through all rows for each row, in exact fractions."""
    rows = ind.to_dict("records")
    found: list[tuple[Any, ...]] = []
    for now in rows:
        wanted = [(year - 1, month) for year, month in months(now["period"])]
        earlier = sorted({r["period"] for r in rows if months(r["period"]) == wanted and wanted})
        if not earlier:
            continue
        same = [name for name in earlier if name[4:] == now["period"][4:]]
        previous = same[0] if same else earlier[0]
        place = [
            r for r in rows if r["period"] == previous and all(r[n] == now[n] for n in ("area", "unit", "indicator"))
        ]
        match = [r for r in place if r["definition"] == now["definition"]]
        points = relative = None
        if not match and place:
            reason = "not comparable: definition changed"
            if np.isnan(now["value"]):
                reason += "; this period missing: " + (now["reason"] or "no value")
        else:
            sides = [("this", now), ("previous", match[0] if match else None)]
            missing = [
                f"{side} period missing: " + ("not in the data" if r is None else r["reason"] or "no value")
                for side, r in sides
                if r is None or np.isnan(r["value"])
            ]
            reason = "; ".join(missing)
            if not missing:
                new = Fraction(int(now["numerator"]), int(now["denominator"]))
                old = Fraction(int(match[0]["numerator"]), int(match[0]["denominator"]))
                points = float(100 * (new - old))
                relative = float(100 * (new / old - 1)) if old else None
                reason = "" if old else "previous value is zero"
        key = tuple(now[name] for name in changes.KEY)
        found.append((*key, previous, points, relative, reason))
    return found


def as_rows(result: pd.DataFrame) -> list[tuple[Any, ...]]:
    columns = [*changes.KEY, "previous_period", "change_pp", "change_percent", "reason"]
    return [
        tuple(None if isinstance(cell, float) and np.isnan(cell) else cell for cell in line)
        for line in result[columns].itertuples(index=False, name=None)
    ]


def assert_same(found: list[tuple[Any, ...]], expected: list[tuple[Any, ...]]) -> None:
    assert len(found) == len(expected)
    for ours, plain in zip(found, expected, strict=True):
        assert ours[:6] == plain[:6]
        assert ours[8] == plain[8]
        assert ours[6:8] == (pytest.approx(plain[6], abs=1e-11), pytest.approx(plain[7], abs=1e-11))


@settings(max_examples=80, deadline=None)
@given(frames())
def test_against_a_plain_calculation(ind: pd.DataFrame) -> None:
    assert_same(as_rows(changes.year_on_year(ind)), plainly(ind))


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(frames(), st.randoms(use_true_random=False))
def test_the_order_of_rows_and_the_names_of_areas_change_nothing(ind: pd.DataFrame, random: Any) -> None:
    before = ind.copy(deep=True)
    expected = as_rows(changes.year_on_year(ind))
    order = list(range(len(ind)))
    random.shuffle(order)
    shuffled = as_rows(changes.year_on_year(ind.iloc[order]))
    assert sorted(shuffled, key=str) == sorted(expected, key=str)
    swapped = ind.assign(area=ind["area"].map({"a": "b", "b": "a"}).astype("str"))
    renamed = [(line[0], {"a": "b", "b": "a"}[line[1]], *line[2:]) for line in expected]
    assert as_rows(changes.year_on_year(swapped)) == renamed
    pd.testing.assert_frame_equal(ind, before)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["2023", "2023-H1", "2023-03"]),
    st.integers(2022 * 12, 2025 * 12),
    st.integers(0, 14),
    st.sampled_from(["definition", "disturbance"]),
)
def test_breaks_month_by_month(previous: str, start: int, length: int, kind: str) -> None:
    def name(month: int) -> str:
        return f"{month // 12:04d}-{month % 12 + 1:02d}"

    period = previous.replace("2023", "2024")
    ind = frame(row(previous, 1, 4), row(period, 3, 4))
    found = only(ind, breaks(name(start), name(start + length), kind))
    sides = [{12 * year + month - 1 for year, month in months(side)} for side in (previous, period)]
    if kind == "disturbance":
        touched = any(side & set(range(start, start + length + 1)) for side in sides)
        assert (found["reason"] == "disturbed period") == touched
        assert found["change_pp"] == 50
    else:
        # a month is on the old basis up to `from`, on the new one from `to`; when they are one month, it is new
        def basis(month: int) -> str:
            return "new" if month >= start + length else "old" if month <= start else "between"

        bases = {basis(month) for side in sides for month in side}
        assert np.isnan(found["change_pp"]) == (bases not in ({"old"}, {"new"}))


# --- published values ----------------------------------------------------------------------------------------------


def test_changes_of_published_values() -> None:
    published = pd.read_csv(
        HERE / "reference" / "england_published.csv", dtype=str, keep_default_na=False, encoding="utf-8"
    )
    # the rest is published with too few digits to tell a change
    published = published[published["value"].str.partition(".")[2].str.len() >= 5]
    values = published.assign(value=published["value"].astype(float)).set_index(["period", "area", "indicator"])
    found = changes.year_on_year(indicators(load("england")))
    found = found[found["change_pp"].notna()]
    now = values["value"].reindex(pd.MultiIndex.from_frame(found[["period", "area", "indicator"]])).to_numpy()
    earlier = pd.MultiIndex.from_frame(found[["previous_period", "area", "indicator"]])
    before = values["value"].reindex(earlier).to_numpy()
    told = ~np.isnan(now) & ~np.isnan(before) & (before > 1)
    assert told.sum() > 600
    np.testing.assert_allclose(found["change_pp"][told], (now - before)[told], rtol=0, atol=1.1e-5)
    np.testing.assert_allclose(found["change_percent"][told], (now / before - 1)[told] * 100, rtol=0, atol=2e-3)


def test_every_reason_has_words_in_both_languages() -> None:
    keys = [key for key in wording.topic("comparison") if key.startswith("reason_")]
    reasons = {key: wording.word(f"comparison.{key}", "en", reason="not reported") for key in keys}
    assert wording.untranslated(reasons.values()) == []
    for key, text in reasons.items():
        expected = wording.word(f"comparison.{key}", "zh", reason=wording.reason("not reported", "zh"))
        assert wording.reason(text, "zh") == expected


# --- intervals, tests and verdicts -----------------------------------------------------------------------------------

MANAGED = pd.DataFrame(
    [
        {"indicator": "managed", "valid_from": "", "kind": "proportion", "per": 100, "direction": "up"},
        {"indicator": "deaths", "valid_from": "", "kind": "rate", "per": 100_000, "direction": "down"},
        {"indicator": "spent", "valid_from": "", "kind": "ratio", "per": 100, "direction": "none"},
        {"indicator": "visits", "valid_from": "", "kind": "count", "per": 1, "direction": "up"},
    ]
)


def judged(before: Row, now: Row, parameters: pd.DataFrame | None = None) -> pd.Series:
    return changes.year_on_year(frame(before, now), None, MANAGED, parameters).iloc[0]


def parameter(name: str, value: float, **other: object) -> pd.DataFrame:
    cells = {"parameter": name, "valid_from": "", "valid_to": "", "area": "*", "value": value} | other
    return pd.DataFrame([cells])


def test_the_relative_change_of_proportions_has_the_interval_of_katz() -> None:
    # the ratio, its limits and the test from statsmodels, which has them by the same methods
    found = judged(row("2023", 150, 400), row("2024", 210, 420))
    low, high = confint_proportions_2indep(210, 420, 150, 400, method="log", compare="ratio")
    assert (found["percent_lower"], found["percent_upper"]) == pytest.approx((100 * (low - 1), 100 * (high - 1)))
    low, high = confint_proportions_2indep(210, 420, 150, 400, method="newcomb", compare="diff")
    assert (found["change_lower"], found["change_upper"]) == pytest.approx((100 * low, 100 * high))
    # Campbell (2007): Pearson's chi-square times (N − 1) / N
    chi2 = stats.chi2_contingency([[210, 210], [150, 250]], correction=False).statistic
    assert found["p"] == pytest.approx(stats.chi2.sf(chi2 * 819 / 820, 1))


@pytest.mark.parametrize(("events", "earlier"), [(3, 9), (0, 4), (12, 5), (7, 7), (1, 0)])
def test_event_rates_are_tested_exactly(events: int, earlier: int) -> None:
    found = judged(row("2023", earlier, 41_000, indicator="deaths"), row("2024", events, 39_000, indicator="deaths"))
    tails = [stats.binomtest(events, events + earlier, 39 / 80, alternative=way).pvalue for way in ("less", "greater")]
    assert found["p"] == pytest.approx(min(1, 2 * min(tails)))
    assert found["change_lower"] < found["change_pp"] < found["change_upper"]
    if events and earlier:
        # the logarithm of the ratio of two Poisson rates
        half = 1.959964 * np.sqrt(1 / events + 1 / earlier)
        ratio = (events / 39) / (earlier / 41)
        assert found["percent_upper"] == pytest.approx(100 * (ratio * np.exp(half) - 1), rel=1e-6)
    elif earlier:
        assert np.isnan(found["percent_upper"]) and "no case on one side" in found["reason"]


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.one_of(st.just(NAN), st.floats(0, 1)), min_size=1, max_size=40),
    st.lists(st.integers(0, 3), min_size=40, max_size=40),
)
def test_adjusted_for_being_looked_at_together_as_scipy_has_it(p: list[float], family: list[int]) -> None:
    families = np.array(family[: len(p)])
    found = differences.benjamini_hochberg(np.array(p), families)
    for one in set(families.tolist()):
        known = (families == one) & ~np.isnan(p)
        if known.any():
            np.testing.assert_allclose(found[known], stats.false_discovery_control(np.array(p)[known]), rtol=1e-12)
    assert np.isnan(found[np.isnan(p)]).all()


def test_tiny_p_values_survive_the_adjustment() -> None:
    p = np.array([1e-300, 1e-12, 0.5] * 2000)
    found = differences.benjamini_hochberg(p, np.repeat(np.arange(2000), 3))
    np.testing.assert_allclose(found[:3], [3e-300, 1.5e-12, 0.5])


def test_p_values_are_adjusted_within_a_county_and_a_period() -> None:
    numbers = {"x": (500, 540), "y": (500, 530), "z": (500, 500)}
    catalogue = pd.concat([MANAGED.head(1).assign(indicator=name) for name in numbers])
    rows = [
        row(period, numbers[name][period == "2024"], 1000, area=area, indicator=name)
        for area in "ab"
        for name in numbers
        for period in ("2023", "2024")
    ]
    found = changes.year_on_year(frame(*rows), None, catalogue)
    for _, own in found.groupby("area"):
        np.testing.assert_allclose(own["p_adjusted"], stats.false_discovery_control(own["p"]))


@pytest.mark.parametrize(
    ("before", "now", "name", "verdict"),
    [
        ((7420, 10_000), (7810, 10_000), "managed", "better"),
        ((7810, 10_000), (7420, 10_000), "managed", "worse"),
        ((7420, 10_000), (7420, 10_000), "managed", "same"),
        ((742, 1000), (781, 1000), "managed", "better"),
        ((74, 100), (78, 100), "managed", "unclear"),
        # beyond chance, and less than a point
        ((742_000, 1_000_000), (745_000, 1_000_000), "managed", "small"),
        # chance explains it, and it is less than a point for certain
        ((742_000, 1_000_000), (742_100, 1_000_000), "managed", "small"),
        ((40, 100_000), (90, 100_000), "deaths", "worse"),
        ((90, 100_000), (40, 100_000), "deaths", "better"),
        ((3, 100_000), (5, 100_000), "deaths", "unclear"),
        ((50, 100), (60, 100), "spent", "neutral"),
        ((50, 100), (50.5, 100), "spent", "small"),
    ],
)
def test_a_verdict_looks_at_chance_size_and_direction(
    before: tuple[float, float], now: tuple[float, float], name: str, verdict: str
) -> None:
    assert judged(row("2023", *before, indicator=name), row("2024", *now, indicator=name))["verdict"] == verdict


def test_a_whole_point_is_not_less_than_a_point_in_its_last_digit() -> None:
    steps = range(0, 9900, 7)
    rows = [
        row(period, (step + more) * 1000, 10_000_000, area=f"{step}")
        for step in steps
        for period, more in (("2023", 0), ("2024", 100))
    ]
    assert set(changes.year_on_year(frame(*rows), None, MANAGED)["verdict"]) == {"better"}


def test_the_least_change_that_matters_is_the_datasets_to_say() -> None:
    before, now = row("2023", 7420, 10_000), row("2024", 7810, 10_000)
    assert judged(before, now)["meaningful"] == 1
    for table, least in (
        (parameter("meaningful_change", 5), 5),
        (parameter("meaningful_change_managed", 4), 4),
        (parameter("meaningful_change_managed", 4, valid_to="2023"), 1),
        (parameter("meaningful_change", 4, area="990101"), 4),
        (parameter("meaningful_change", 4, area="990102"), 1),
        (parameter("meaningful_change_deaths", 4), 1),
        (pd.concat([parameter("meaningful_change", 2), parameter("meaningful_change", 4, area="990101")]), 4),
    ):
        found = judged(before, now, table)
        assert found["meaningful"] == least
        assert found["verdict"] == ("small" if least > 3.9 else "better")
    # in per cent of the figure where there are no percentage points; visits have no chance in them
    visits = [
        {**row(period, top, indicator="visits"), "value": top} for period, top in (("2023", 200.0), ("2024", 203.0))
    ]
    assert judged(*visits)[["meaningful", "verdict"]].tolist() == [2, "better"]
    found = judged(*visits, parameter("meaningful_change_percent", 5))
    assert found[["meaningful", "verdict"]].tolist() == [10, "small"]


def test_of_the_national_catalogue_one_point_matters() -> None:
    data = load("example", area="990103")
    for name, default in changes.DEFAULTS.items():
        (stated,) = data.parameters.loc[data.parameters["parameter"] == name, "value"]
        assert stated == default


def test_what_is_not_compared_is_not_judged() -> None:
    found = judged(row("2023", reason="not reported"), row("2024", 3, 4))
    numbers = ["change_lower", "change_upper", "percent_lower", "p", "p_adjusted", "numerator_effect", "meaningful"]
    assert found[numbers].isna().all() and found["verdict"] == ""


def test_above_its_denominator_there_is_a_change_but_no_interval() -> None:
    found = judged(row("2023", 90, 100), row("2024", 105, 100))
    assert found["change_pp"] == 15 and np.isnan(found["change_lower"]) and np.isnan(found["p"])
    assert found["verdict"] == "untested"
    assert found["reason"] == "no interval of the change: not a count within its denominator"


def test_a_census_that_moves_the_denominator_is_told_apart_from_the_work() -> None:
    # the same people managed, and 1,000 fewer residents counted
    found = judged(row("2023", 6000, 10_000), row("2024", 6000, 9000))
    assert found["numerator_effect"] == 0
    assert found["denominator_effect"] == pytest.approx(found["change_pp"])
    found = judged(row("2023", 6000, 10_000), row("2024", 6300, 9000))
    assert found["numerator_effect"] + found["denominator_effect"] == pytest.approx(found["change_pp"], rel=1e-12)
    # Das Gupta (1993): the factor's change at the mean of the other
    assert found["numerator_effect"] == pytest.approx(300 * (1 / 9000 + 1 / 10_000) / 2 * 100)


def test_every_tiny_or_odd_number_gives_a_number_or_a_reason_and_no_warning() -> None:
    random = np.random.default_rng(9)
    sizes = np.array([0, 1, 2, 3, 10, 1000, 1e7, NAN])
    names = [name for name in MANAGED["indicator"] for _ in range(400)]
    rows = [
        row(period, random.choice(sizes), random.choice(sizes), indicator=name, area=f"{at}")
        for at, name in enumerate(names)
        for period in ("2023", "2024")
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = changes.year_on_year(frame(*rows), None, MANAGED)
    assert found.loc[found["change_pp"].isna(), "reason"].ne("").all()
    compared = found[found["change_pp"].notna() & found["indicator"].isin(["managed", "deaths"])]
    moved = compared[compared["change_pp"] != 0]
    for number in ("change_lower", "percent_lower", "p"):
        assert moved.loc[moved[number].isna(), "reason"].ne("").all(), number
    assert wording.untranslated(found["reason"]) == []
