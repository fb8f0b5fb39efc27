"""Areas beside each other, against exact fractions, numpy, statsmodels and the reference cases."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.rates import confint_poisson

from evaltools import benchmarks
from evaltools.benchmarks import benchmark, funnel_limits, league
from evaltools.datasets import load
from evaltools.measures import indicators

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
NAN = float("nan")
Cells = tuple[str, float, float]


def frame(*cells: Cells, per: int = 100, **names: str) -> pd.DataFrame:
    """An indicator frame from area, numerator, denominator (NaN for a count)."""
    rows = []
    for area, top, bottom in cells:
        value = top * per / bottom if bottom else NAN
        rows.append(
            {
                "period": "2024",
                "area": area,
                "unit": "",
                "indicator": "managed",
                "definition": "",
                "numerator": float(top),
                "denominator": float(bottom),
                "value": float(top) if np.isnan(bottom) else value,
                "lower": NAN,
                "upper": NAN,
                "reason": "",
                **names,
            }
        )
    return pd.DataFrame(rows)


def catalogue(direction: str = "up", kind: str = "proportion", **names: str) -> pd.DataFrame:
    row = {"indicator": "managed", "valid_from": "", "direction": direction, "kind": kind, "per": "100"}
    return pd.DataFrame([row | names])


def by_area(result: pd.DataFrame, column: str) -> dict[str, Any]:
    return dict(zip(result["area"], result[column], strict=True))


FOUR = frame(("a", 1, 3), ("b", 2, 6), ("c", 9, 10), ("d", 0, 7))


# --- benchmark -----------------------------------------------------------------------------------------------------


def test_figures_of_the_region() -> None:
    result = benchmark(FOUR, catalogue())
    assert list(result.columns) == benchmarks.COLUMNS
    assert result["area"].tolist() == list("abcd")
    for _, row in result.iterrows():
        assert (row["total_numerator"], row["total_denominator"], row["total_areas"]) == (12, 26, 4)
        assert row["total_value"] == pytest.approx(100 * 12 / 26)
        assert row["n_areas"] == 4
        # the mean of the rates is not the rate of the region
        assert row["mean"] == pytest.approx((100 / 3 + 100 / 3 + 90 + 0) / 4)
        assert row["median"] == pytest.approx(100 / 3)
    assert result.filter(like="reference_").isna().all(axis=None)


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        ("up", {"a": 2, "b": 2, "c": 1, "d": 4}),
        ("down", {"a": 2, "b": 2, "c": 4, "d": 1}),
        ("none", dict.fromkeys("abcd", NAN)),
        ("range", dict.fromkeys("abcd", NAN)),
    ],
)
def test_competition_ranks_by_direction(direction: str, expected: dict[str, float]) -> None:
    result = benchmark(FOUR, catalogue(direction))
    assert by_area(result, "rank") == pytest.approx(expected, nan_ok=True)
    assert by_area(result, "percentile") == pytest.approx({"a": 50, "b": 50, "c": 100, "d": 0})


def test_nobody_is_ranked_without_a_direction() -> None:
    assert benchmark(FOUR)["rank"].isna().all()
    assert benchmark(FOUR, catalogue(indicator="another"))["rank"].isna().all()
    assert benchmark(FOUR, catalogue(valid_from="2022"))["rank"].isna().all()


def test_the_direction_is_that_of_the_definition() -> None:
    ind = pd.concat([FOUR, FOUR.assign(definition="2022")])
    table = pd.concat([catalogue("up"), catalogue("down", valid_from="2022")])
    result = benchmark(ind, table).set_index(["definition", "area"])["rank"]
    assert result.to_dict() == {
        **{("", area): rank for area, rank in {"a": 2, "b": 2, "c": 1, "d": 4}.items()},
        **{("2022", area): rank for area, rank in {"a": 2, "b": 2, "c": 4, "d": 1}.items()},
    }


BIG = 10**8


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        # their quotients round to the same number, but they are not equal
        ([("a", BIG - 2, BIG - 1), ("b", BIG - 1, BIG)], {"a": 2, "b": 1}),
        ([("a", BIG - 1, BIG), ("b", BIG - 2, BIG - 1), ("c", BIG - 1, BIG)], {"a": 1, "b": 3, "c": 1}),
        # their quotients differ, but they are equal
        ([("a", 0.3, 3), ("b", 0.1, 1)], {"a": 1, "b": 1}),
        ([("a", 1.1, 1.1), ("b", 7, 7), ("c", 3.3, 3.0)], {"a": 2, "b": 2, "c": 1}),
        # above one hundred per cent
        ([("a", 7, 6), ("b", 1, 1), ("c", 14, 12)], {"a": 1, "b": 3, "c": 1}),
    ],
)
def test_equal_is_decided_by_exact_ratios(cells: list[Cells], expected: dict[str, int]) -> None:
    assert by_area(benchmark(frame(*cells), catalogue()), "rank") == expected


def test_missing_and_excluded_areas_keep_their_rows() -> None:
    ind = frame(("a", 1, 4), ("b", NAN, 4), ("c", 2, 4), ("city", 90, 100), ("new", 4, 4), ("e", 0, 0))
    result = benchmark(ind, catalogue(), reference="city", exclude=["new"]).set_index("area")
    assert result["rank"].to_dict() == pytest.approx(
        {"a": 2, "b": NAN, "c": 1, "city": NAN, "new": NAN, "e": NAN}, nan_ok=True
    )
    assert (result["n_areas"] == 2).all()
    # "b" has no numerator; "e" has both, and adds nothing
    assert (result[["total_numerator", "total_denominator", "total_areas"]] == [3, 8, 3]).all(axis=None)
    assert (result[["reference_numerator", "reference_denominator", "reference_value"]] == [90, 100, 90]).all(axis=None)
    assert np.isnan(result.loc["b", "value"])


def test_units_are_no_competitors() -> None:
    ind = pd.concat([FOUR, frame(("a", 10, 10), unit="990101-01")])
    pd.testing.assert_frame_equal(benchmark(ind, catalogue()), benchmark(FOUR, catalogue()))


def test_counts_have_no_denominator() -> None:
    ind = frame(("a", 5, NAN), ("b", 0, NAN), ("c", 12, NAN), per=1)
    result = benchmark(ind, catalogue("down", "count"))
    assert by_area(result, "rank") == {"a": 2, "b": 1, "c": 3}
    assert (result[["total_numerator", "total_value"]] == 17).all(axis=None)
    assert result["total_denominator"].isna().all()


def test_what_cannot_be_added_is_not() -> None:
    result = benchmark(FOUR, catalogue(kind="worst_unit"))
    assert result.filter(regex="total_(numerator|denominator|value)").isna().all(axis=None)
    assert by_area(result, "rank") == {"a": 2, "b": 2, "c": 1, "d": 4}
    # an index: its values are not numerator / denominator × one scale
    index = FOUR.assign(value=[1.5, 2.5, 3.5, 2.5])
    result = benchmark(index, catalogue())
    assert result["total_value"].isna().all()
    assert by_area(result, "rank") == {"a": 4, "b": 2, "c": 1, "d": 2}


@pytest.mark.parametrize(("over_units", "total"), [("sum", 17), ("none", NAN)])
def test_the_items_tell_which_counts_are_added(over_units: str, total: float) -> None:
    ind = frame(("a", 5, NAN), ("b", 12, NAN), per=1)
    table = catalogue(kind="count", numerator="kinds + 2 * more_kinds")
    items = pd.DataFrame({"item": ["kinds", "more_kinds"], "over_units": ["sum", over_units]})
    result = benchmark(ind, table, items=items)
    assert result["total_value"].tolist() == pytest.approx([total, total], nan_ok=True)
    assert result["total_numerator"].tolist() == pytest.approx([total, total], nan_ok=True)
    assert by_area(result, "rank") == {"a": 2, "b": 1}
    # a rate is the same whatever its parts may be added to
    shares = catalogue(numerator="more_kinds", denominator="kinds")
    assert benchmark(FOUR, shares, items=items)["total_numerator"].tolist() == [12] * 4


def test_nothing_reported() -> None:
    result = benchmark(frame(("a", NAN, NAN), ("b", NAN, 5)), catalogue())
    assert (result[["n_areas", "total_areas"]] == 0).all(axis=None)
    figures = result.drop(columns=["period", "area", "indicator", "definition", "n_areas", "total_areas"])
    assert figures.drop(columns="denominator").isna().all(axis=None)
    assert benchmark(FOUR.iloc[:0], catalogue()).empty
    single = benchmark(frame(("a", 1, 2)), catalogue()).iloc[0]
    assert (single["rank"], single["n_areas"], single["median"]) == (1, 1, 50)
    assert np.isnan(single["percentile"])


def test_one_row_each() -> None:
    with pytest.raises(ValueError, match="period=2024, area=a"):
        benchmark(pd.concat([FOUR, FOUR.iloc[[0]]]))


Region = tuple[pd.DataFrame, pd.DataFrame, dict[tuple[str, str], int]]


@st.composite
def regions(draw: st.DrawFn) -> Region:
    """Indicators of up to nine areas, their catalogue and scales; many ties, some missing."""
    parts, directions, scales = [], {}, {}
    small = st.integers(0, 8).map(float) | st.just(NAN)
    for indicator in ("x", "y"):
        directions[indicator] = draw(st.sampled_from(["up", "down", "none"]))
        for period in draw(st.sampled_from([["2024"], ["2023", "2024"]])):
            per = scales[period, indicator] = draw(st.sampled_from([1, 100, 1000, 100_000]))
            areas = draw(st.integers(1, 9))
            cells = [(str(at), draw(small), float(draw(st.integers(1, 8)))) for at in range(areas)]
            parts.append(frame(*cells, per=per, period=period, indicator=indicator))
    table = pd.concat([catalogue(direction, indicator=name) for name, direction in directions.items()])
    return pd.concat(parts, ignore_index=True), table, scales


@settings(max_examples=60, deadline=None)
@given(regions())
def test_against_fractions_and_numpy(region: Region) -> None:
    ind, table, scales = region
    direction = dict(zip(table["indicator"], table["direction"], strict=True))
    result = benchmark(ind, table)
    pd.testing.assert_frame_equal(result[ind.columns.intersection(result.columns)], ind[result.columns[:7]])
    for (period, indicator), rows in result.groupby(["period", "indicator"]):
        known = rows[rows["value"].notna()]
        pairs = list(zip(known["numerator"].astype(int), known["denominator"].astype(int), strict=True))
        ratios = dict(zip(known["area"], [Fraction(top, bottom) for top, bottom in pairs], strict=True))
        top, bottom = sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)
        for row in rows.to_dict("records"):
            assert row["n_areas"] == row["total_areas"] == len(ratios)
            if ratios:
                found = [row[name] for name in ("p10", "p25", "median", "p75", "p90", "mean")]
                wanted = [*np.percentile(known["value"], [10, 25, 50, 75, 90]), known["value"].mean()]
                assert found == pytest.approx(wanted)
                assert (row["total_numerator"], row["total_denominator"]) == (top, bottom)
                assert row["total_value"] == pytest.approx(top / bottom * scales[period, indicator])
            mine = ratios.get(row["area"])
            if mine is None:
                assert np.isnan([row["rank"], row["percentile"]]).all()
                continue
            above, below = (sum(r > mine for r in ratios.values()), sum(r < mine for r in ratios.values()))
            rank = {"up": above + 1, "down": below + 1, "none": NAN}[direction[indicator]]
            assert row["rank"] == pytest.approx(rank, nan_ok=True)
            # half of the others that are not on one side are taken to be on each
            if len(ratios) > 1:
                share = (below - above + len(ratios) - 1) / 2 / (len(ratios) - 1)
                assert row["percentile"] == pytest.approx(100 * share)


@settings(max_examples=25, deadline=None)
@given(regions(), st.randoms(use_true_random=False))
def test_the_order_of_rows_and_the_names_of_areas_change_nothing(region: Region, random: Any) -> None:
    ind, table, _ = region
    before = ind.copy(deep=True)
    expected = benchmark(ind, table)
    order = list(range(len(ind)))
    random.shuffle(order)
    pd.testing.assert_frame_equal(
        benchmark(ind.iloc[order], table), expected.iloc[order].reset_index(drop=True), rtol=1e-12
    )
    names = {str(at): str((at * 4 + 1) % 9) for at in range(9)}
    renamed = expected.assign(area=expected["area"].map(names).astype(expected["area"].dtype))
    swapped = ind.assign(area=ind["area"].map(names).astype(ind["area"].dtype))
    pd.testing.assert_frame_equal(benchmark(swapped, table), renamed)
    pd.testing.assert_frame_equal(ind, before)


@settings(max_examples=25, deadline=None)
@given(regions())
def test_opposite_directions_give_opposite_ranks(region: Region) -> None:
    ind, table, _ = region
    up = benchmark(ind, table.assign(direction="up"))
    down = benchmark(ind, table.assign(direction="down"))
    ties = up.groupby(["period", "indicator", "rank"])["area"].transform("size")
    everyone = (up["rank"] - 1) + (down["rank"] - 1) + ties
    assert everyone.dropna().tolist() == up.loc[up["rank"].notna(), "n_areas"].tolist()


def test_england_is_the_reference_of_its_counties() -> None:
    data = load("england")
    ind = indicators(data)
    result = benchmark(ind, data.catalogue, reference=data.meta.region)
    rows = result[(result["period"] == "2023") & (result["indicator"] == "hospital_deaths_all_ages")]
    own = rows[rows["area"] == "E92000001"].iloc[0]
    counties = rows[rows["area"] != "E92000001"]
    assert (own["value"], own["denominator"]) == (own["reference_value"], own["reference_denominator"])
    assert own["n_areas"] == len(counties) == 24
    assert own["total_denominator"] == counties["denominator"].sum() < own["denominator"]
    ranked = result[result["rank"].notna()]
    # the polarity Fingertips gives: two have a better side
    assert set(ranked["indicator"]) == {"acute_hepatitis_b_incidence", "hepatitis_b_vaccination_2_years"}
    no_case = (ranked["indicator"] == "acute_hepatitis_b_incidence") & (ranked["numerator"] == 0)
    assert (ranked.loc[no_case, "rank"] == 1).all()


# --- funnel limits -------------------------------------------------------------------------------------------------


def reference_cases(name: str) -> list[tuple[dict[str, float], dict[str, float]]]:
    table = pd.read_csv(HERE / "reference" / "funnel_limits.csv", encoding="utf-8")
    rows = table[table["function"] == f"calculate_funnel_limits({name})"]
    return [(json.loads(i), json.loads(e)) for i, e in zip(rows["inputs"], rows["expected"], strict=True)]


PAIRS = {"lower_2s": "lower_95", "upper_2s": "upper_95", "lower_3s": "lower_99_8", "upper_3s": "upper_99_8"}


def test_published_limits_of_proportions() -> None:
    cases = reference_cases("proportion")
    assert len(cases) == 106
    for given_, expected in cases:
        limits = funnel_limits(given_["population"], given_["average"], "proportion", given_["multiplier"]).iloc[0]
        assert limits["baseline"] == pytest.approx(expected["baseline"], abs=6e-7)
        for theirs, ours in PAIRS.items():
            assert limits[ours] == pytest.approx(expected[theirs], abs=6e-7)


def test_published_limits_of_rates() -> None:
    cases = reference_cases("rate")
    assert len(cases) == 44
    for given_, expected in cases:
        for theirs, ours in PAIRS.items():
            years = expected[f"{theirs}_population_1_year"] * given_["years_of_data"]
            limits = funnel_limits(years, given_["average_rate"], "rate", given_["multiplier"]).iloc[0]
            assert limits[ours] == pytest.approx(expected[f"{theirs}_limit"], rel=2e-6)
            assert limits["baseline"] == pytest.approx(expected["baseline"])


def test_published_limits_of_standardised_ratios() -> None:
    cases = reference_cases("ratio")
    assert len(cases) == 47
    for given_, expected in cases:
        for theirs, ours in PAIRS.items():
            limits = funnel_limits(expected[f"{theirs}_exp_events"], 1, "rate", 100).iloc[0]
            assert limits[ours] == pytest.approx(expected[f"{theirs}_isr"], rel=2e-6)
            assert limits[ours] / 100 - 1 == pytest.approx(expected[f"{theirs}_count"], rel=2e-6, abs=1e-6)
            observed = limits[ours] / 100 * expected[f"{theirs}_exp_events"]
            assert observed == pytest.approx(given_["observed"], rel=2e-6)


@settings(max_examples=60, deadline=None)
@given(st.integers(5, 10**6), st.floats(0.01, 0.99), st.sampled_from([0.9, 0.95, 0.998]))
def test_at_the_limit_the_interval_of_a_proportion_reaches_the_average(n: int, average: float, level: float) -> None:
    _, _, lower, upper = funnel_limits(n, average, "proportion", confidence=[level]).iloc[0]
    assert 0 <= lower <= average <= upper <= 1
    if lower > 0:
        touching = proportion_confint(lower * n, n, 1 - level, method="wilson")[1]
        assert touching == pytest.approx(average, rel=1e-9)
    if upper < 1:
        touching = proportion_confint(upper * n, n, 1 - level, method="wilson")[0]
        assert touching == pytest.approx(average, rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.floats(10, 10**8), st.floats(1e-6, 1e-2), st.sampled_from([0.9, 0.95, 0.998]))
def test_at_the_limit_the_interval_of_a_rate_reaches_the_average(n: float, average: float, level: float) -> None:
    _, _, lower, upper = funnel_limits(n, average, "rate", confidence=[level]).iloc[0]
    assert 0 <= lower <= average <= upper
    touching = confint_poisson(upper * n, 1, method="exact-c", alpha=1 - level)[0]
    assert touching == pytest.approx(average * n, rel=1e-6)
    most = confint_poisson(lower * n, 1, method="exact-c", alpha=1 - level)[1]
    if lower > 0:
        assert most == pytest.approx(average * n, rel=1e-6)
    else:
        # even no event at all is not few for so small a number expected
        assert most >= average * n


@pytest.mark.parametrize("kind", ["proportion", "rate"])
def test_funnels_narrow_with_size_and_widen_with_confidence(kind: str) -> None:
    limits = funnel_limits(np.geomspace(100, 1e7, 60), 0.02, kind, 1000, [0.9, 0.95, 0.998])
    assert list(limits) == [
        "denominator",
        "baseline",
        *[f"{side}_{level}" for level in ("90", "95", "99_8") for side in ("lower", "upper")],
    ]
    assert (limits["baseline"] == 20).all()
    for level in ("90", "95", "99_8"):
        assert limits[f"lower_{level}"].is_monotonic_increasing
        assert limits[f"upper_{level}"].is_monotonic_decreasing
    assert (limits["upper_90"] < limits["upper_95"]).all()
    assert (limits["lower_99_8"] <= limits["lower_95"]).all()


def test_funnel_of_a_series_keeps_its_index_and_its_gaps() -> None:
    limits = funnel_limits(pd.Series([100.0, NAN], index=["a", "b"]), 0.5, "proportion", 100)
    assert limits.index.tolist() == ["a", "b"]
    assert limits.loc["a"].notna().all()
    assert limits.loc["b", list(PAIRS.values())].isna().all()
    assert (funnel_limits([10, 1000], 0, "rate")[list(PAIRS.values())] == 0).all(axis=None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((10, 0.5, "ratio"), "found 'ratio'"),
        ((0, 0.5, "proportion"), "above zero and finite; found 0"),
        ((np.inf, 0.5, "rate"), "above zero and finite; found inf"),
        ((10, 50, "proportion"), "from 0 to 1; found 50"),
        ((10, -0.1, "rate"), "found -0.1"),
        ((10, NAN, "rate"), "found nan"),
        ((10, 0.5, "rate", 1, [95]), "found 95"),
    ],
)
def test_impossible_funnels_are_refused(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        funnel_limits(*arguments)


# --- league --------------------------------------------------------------------------------------------------------


def totals(period: str, points: dict[str, float], **names: str) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"period": period, "area": area, "unit": "", "section": "", "points": given_, "full": 100.0}
            | {"lost": 100 - given_, "grade": "A" if given_ >= 80 else "B"}
            | names
            for area, given_ in points.items()
        ]
    )


def test_league_table() -> None:
    table = pd.concat(
        [
            totals("2023", {"a": 90, "b": 80, "c": 70, "d": 60}),
            totals("2024", {"a": 75, "b": 85, "c": 85, "e": 50, "d": NAN}),
        ]
    )
    result = league(table)
    assert list(result.columns) == benchmarks.LEAGUE_COLUMNS
    assert result.loc[result["period"] == "2023", "rank"].tolist() == [1, 2, 3, 4]
    assert (result.loc[result["period"] == "2023", "previous_period"] == "").all()
    now = result[result["period"] == "2024"].set_index("area")
    expected = {
        "rank": {"a": 3, "b": 1, "c": 1, "e": 4, "d": NAN},
        "previous_rank": {"a": 1, "b": 2, "c": 3, "e": NAN, "d": 4},
        "change_rank": {"a": -2, "b": 1, "c": 2, "e": NAN, "d": NAN},
        "change_points": {"a": -15, "b": 5, "c": 15, "e": NAN, "d": NAN},
    }
    for column, cells in expected.items():
        assert now[column].to_dict() == pytest.approx(cells, nan_ok=True)
    assert now["previous_grade"].to_dict() == {"a": "A", "b": "A", "c": "B", "e": "", "d": "B"}
    assert (now["n_ranked"] == 4).all()


def test_how_a_computer_adds_does_not_break_a_tie() -> None:
    assert 0.1 + 0.2 + 0.3 != 0.6
    result = league(totals("2024", {"a": 0.6, "b": 0.1 + 0.2 + 0.3, "c": 0.61}))
    assert by_area(result, "rank") == {"a": 2, "b": 2, "c": 1}


def test_league_ranks_like_with_like() -> None:
    table = pd.concat(
        [
            totals("2024", {"a": 50, "b": 60, "city": 99}),
            totals("2024", {"a": 9, "b": 8, "city": 1}, section="services"),
            totals("2024", {"a": 70, "b": 10}, unit="1"),
            totals("2024", {"a": 80, "b": 5}, unit="2"),
        ]
    )
    result = league(table, exclude=["city"]).set_index(["area", "unit", "section"])["rank"]
    assert result.to_dict() == pytest.approx(
        {
            ("a", "", ""): 2,
            ("b", "", ""): 1,
            ("city", "", ""): NAN,
            ("a", "", "services"): 1,
            ("b", "", "services"): 2,
            ("city", "", "services"): NAN,
            ("a", "1", ""): 2,
            ("b", "1", ""): 1,
            ("a", "2", ""): 1,
            ("b", "2", ""): 2,
        },
        nan_ok=True,
    )


def test_league_refuses_two_totals_of_one_area() -> None:
    with pytest.raises(ValueError, match="'area': 'a'"):
        league(totals("2024", {"a": 50}).loc[[0, 0]])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 400), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_league_against_counting(quarters: list[int], random: Any) -> None:
    points = {str(at): quarter / 4 for at, quarter in enumerate(quarters)}
    table = totals("2024", points)
    result = league(table)
    assert by_area(result, "rank") == {
        area: 1 + sum(other > mine for other in points.values()) for area, mine in points.items()
    }
    order = list(range(len(table)))
    random.shuffle(order)
    pd.testing.assert_frame_equal(league(table.iloc[order]), result.iloc[order].reset_index(drop=True))
