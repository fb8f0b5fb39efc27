"""Tables that readers see: made by hand from small datasets, and nothing to show breaks none of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import area, dataset, fact, indicator, item, unit
from hypothesis import given, settings
from hypothesis import strategies as st

import evaltools as ev
from evaltools import change_views, quality_views, region_views, score_views, series_views, target_views, views
from evaltools.datasets import Data
from evaltools.exact_funnels import exact_limits
from evaltools.regions import RegionFigures

STANDARD = """\
id: small
name_zh: 小标准
name_en: Small standard
source: made for the tests
mark: general
total: 10
rounding: {digits: 2, mode: half_up, of: line}
missing: zero
not_applicable: exclude
grades:
  - {id: good, name_zh: 好, name_en: Good, from: 6}
  - {id: poor, name_zh: 差, name_en: Poor, from: 0}
sections:
  - id: first
    name_zh: 甲
    name_en: First
    points: 10
    lines:
      - {id: "1.1", indicator: share, rule: proportional, points: 5, target: 90, source: s, mark: general}
      - {id: "1.2", indicator: waste, rule: proportional, points: 3, target: 10, source: s, mark: general}
      - {id: "1.3", indicator: late, rule: proportional, points: 2, target: 50, source: s, mark: general}
"""
COUNTIES = ("01", "02", "03", "04")
ITEMS = [item(name) for name in "abcdn"]
INDICATORS = [
    indicator("share", "a", "b"),
    indicator("waste", "c", "b", direction="down"),
    indicator("deaths", "c", "b", kind="rate", per="1000", direction="none"),
    indicator("visits", "n", kind="count", per="1", measure="session"),
    indicator("late", "d", "b", kind="proportion"),
]
SIZES = {"01": 5000, "02": 800, "03": 2500, "04": 1200}
SHARES = {
    "2023": {"01": 0.80, "02": 0.75, "03": 0.80, "04": 0.90},
    "2024": {"01": 0.85, "02": 0.75, "03": 0.70, "04": 0.91},
}


def facts(years: tuple[str, ...] = ("2023", "2024"), units: bool = True) -> Iterator[dict]:
    """County 01 reports by two units, the others themselves; nobody but 03 reports d."""
    for year in years:
        for code in COUNTIES:
            size, share = SIZES[code], SHARES[year][code]
            values = {"a": round(size * share), "b": size, "c": round(size * 0.12), "n": 40 + int(code)}
            parts = (("u1", 0.6), ("u2", 0.4)) if units and code == "01" else (("", 1.0),)
            for name, part in parts:
                yield from (fact(year, code, key, round(value * part), name) for key, value in values.items())
            if code == "03":
                yield fact(year, code, "d", size // 3)


def build(folder: Path, standard: bool = True, reference: bool = False, **tables: object) -> Data:
    """The dataset `small`: the region 9 with four counties, two years."""
    own = {"region": "9", "title_zh": "小数据", "title_en": "Small data"}
    if standard:
        own["standard"] = "small"
        (folder / "standards").mkdir(parents=True)
        (folder / "standards" / "small.yaml").write_text(STANDARD, encoding="utf-8")
    places = [area("9", kind="reference" if reference else ""), *(area(code, parent="9") for code in COUNTIES)]
    given_tables = {"areas": places, "items": ITEMS, "indicators": INDICATORS, "facts": list(facts()), **tables}
    given_tables.setdefault("units", [unit("01", "u1"), unit("01", "u2")])
    return ev.load(str(dataset(folder, own, **given_tables)))  # type: ignore[arg-type]


class Made:
    """A dataset and everything that the notebooks compute from it."""

    def __init__(self, data: Data) -> None:
        self.data = data
        self.ind = ev.indicators(data)
        self.region: RegionFigures = ev.region_figures(data)

    def overview(self, place: str = "01", period: str = "2024", lang: str = "zh") -> pd.DataFrame:
        return change_views.overview(self.data, self.ind, self.region, place, period, lang)

    def lines(self, place: str = "01", period: str = "2024") -> pd.DataFrame:
        standard = self.data.standard
        assert standard is not None
        return score_views.score_lines(self.region.points, standard, self.data, place, period, "zh")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    targets = [
        {"period": "2024", "area": "*", "unit": "", "indicator": "share", "target": 90, "kind": "absolute"},
        {"period": "2024", "area": "02", "unit": "", "indicator": "share", "target": 70, "kind": "absolute"},
        {"period": "2024", "area": "*", "unit": "", "indicator": "waste", "target": "", "kind": "improve"},
    ]
    own = [{**row, "upper": "", "source": "s", "mark": "general"} for row in targets]
    return Made(build(tmp_path_factory.mktemp("small") / "small", targets=own))


def test_a_rate_travels_with_its_numerator_and_denominator(made: Made) -> None:
    table = made.overview()
    pairs = [("", 1), ("previous_", 1), ("total_", 1)]
    shares = table[table["kind"].isin(["proportion", "rate"]) & table["value"].notna()]
    assert set(shares["indicator"]) == {"share", "waste", "deaths"}
    for prefix, _ in pairs:
        ratio = shares[f"{prefix}numerator"] / shares[f"{prefix}denominator"] * shares["per"]
        assert ratio.tolist() == pytest.approx(shares[f"{prefix}value"].tolist()), prefix
    lines = series_views.series(made.data, made.ind, made.region, "01", "2024", ["share"], "zh")
    behind = score_views.units_behind(made.data, made.ind, made.lines(), "01", "2024", "zh")
    beside = views.comparison(made.data, made.region, "01", "2024", "zh").query("indicator == 'share'")
    values, _ = region_views.funnel_input(made.data, made.region, "share", "2024", "zh")
    for frame in (
        lines,
        behind,
        beside,
        values,
        change_views.intervals(made.data, made.ind, "01", "2024", "zh").head(1),
    ):
        assert len(frame)
        ratio = frame["numerator"] / frame["denominator"] * 100
        assert ratio.tolist() == pytest.approx(frame["value"].tolist())


def test_one_row_an_indicator_in_the_order_of_the_catalogue(made: Made) -> None:
    table = made.overview()
    assert table["indicator"].tolist() == ["share", "waste", "deaths", "visits", "late"]
    share = table.set_index("indicator").loc["share"]
    assert (share["numerator"], share["denominator"], share["value"]) == (4250, 5000, 85.0)
    assert (share["previous_value"], share["change_pp"]) == pytest.approx((80.0, 5.0))
    assert (share["status"], share["target"], share["target_status"]) == ("better", 90, "not_met")
    assert share["rank"] == 2 and share["n_areas"] == 4
    assert share["total_value"] == pytest.approx(100 * (4250 + 600 + 1750 + 1092) / (5000 + 800 + 2500 + 1200))
    assert share["change_lower"] < 5 < share["change_upper"]
    late = table.set_index("indicator").loc["late"]
    assert np.isnan(late["value"]) and late["reason"] != "" and late["status"] == "missing"


def test_an_indicator_that_nobody_reports_is_left_out(tmp_path: Path) -> None:
    rows = [row for row in facts() if row["item"] != "d"]
    table = Made(build(tmp_path / "small", facts=rows)).overview()
    assert "late" not in set(table["indicator"])


def test_an_areas_own_target_goes_before_that_of_all(made: Made) -> None:
    assert made.overview("02").set_index("indicator").loc["share", ["target", "target_status"]].tolist() == [70, "met"]
    assert made.overview("04").set_index("indicator").loc["share", "target_status"] == "met"
    waste = made.overview("03").set_index("indicator").loc["waste"]
    assert np.isnan(waste["target"]) and waste["target_kind"] == "improve" and waste["target_status"] == "not_met"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.just(""), st.just(np.nan), st.floats(-5, 5), st.text(min_size=1)), min_size=1, max_size=4))
def test_only_empty_columns_are_dropped(cells: list[object]) -> None:
    table = pd.DataFrame({"x": pd.Series(cells, dtype=object), "y": 0.0, "z": "", "first": ""})
    says = any(not (isinstance(cell, float) and math.isnan(cell)) and cell != "" for cell in cells)
    assert views.present(table, ["first", "z", "x", "y"]) == (["first", "x", "y"] if says else ["first", "y"])


changes = st.floats(-9, 9, allow_nan=False).map(lambda x: round(x, 3))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(changes, st.sampled_from(["better", "worse", "unclear"])), max_size=8), st.integers(1, 4))
def test_movers_are_those_that_moved_most(rows: list[tuple[float, str]], most: int) -> None:
    table = pd.DataFrame(rows, columns=["change_pp", "status"]).assign(per=100, kind="proportion")
    for status in ("better", "worse"):
        expected = sorted((abs(x) for x, s in rows if s == status and abs(x) >= 0.1), reverse=True)[:most]
        assert change_views.movers(table, status, most)["change_pp"].abs().tolist() == expected
    assert change_views.movers(table.assign(kind="units_meeting"), "better", most).empty
    assert change_views.movers(table.assign(per=1000), "worse", most).empty


@settings(max_examples=60, deadline=None)
@given(st.lists(changes, max_size=9))
def test_the_chart_of_changes_has_the_best_on_top(rows: list[float]) -> None:
    table = pd.DataFrame({"change_pp": rows, "name": [str(x) for x in rows]}, dtype=object)
    table = table.assign(per=100, kind="ratio", status="unclear", change_lower=-1.0, change_upper=1.0)
    table["change_pp"] = table["change_pp"].astype(float)
    shown = change_views.largest_changes(table, most=4)["change"].tolist()
    assert shown == sorted(shown, reverse=True)
    assert sorted(map(abs, shown)) == sorted(sorted((abs(x) for x in rows if x), reverse=True)[:4])


# --- scores


def test_units_behind_by_hand(made: Made) -> None:
    behind = score_views.units_behind(made.data, made.ind, made.lines(), "01", "2024", "zh")
    # 90% of 3000 is 2700 and of 2000 is 1800; u1 served 0.6 and u2 0.4 of 4250
    assert behind["unit"].tolist() == ["u1", "u2"]
    assert behind["short"].tolist() == [2700 - 2550, 1800 - 1700]
    assert set(behind["indicator"]) == {"share"}, "a line that should be low, or has no value, has no shortfall"


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 3000), st.integers(1, 3000), st.sampled_from([50.0, 62.0, 90.0, 100.0]))
def test_the_shortfall_is_the_least_that_reaches_full_points(a: int, b: int, target: float) -> None:
    lines = pd.DataFrame(
        [
            {
                "indicator": "x",
                "name": "x",
                "full_at": target,
                "per": 100,
                "kind": "proportion",
                "lost": 1.0,
                "value": 1.0,
            }
        ]
    ).assign(direction="up")
    served = min(a, b)
    ind = pd.DataFrame(
        [{"period": "2024", "area": "1", "unit": "u", "indicator": "x", "definition": "", "numerator": served}]
    ).assign(denominator=b, value=100 * served / b)

    class Names:
        units = pd.DataFrame({"area": ["1"], "unit": ["u"], "name_zh": ["甲"]})

    behind = score_views.units_behind(Names(), ind, lines, "1", "2024", "zh")  # type: ignore[arg-type]
    reached = [short for short in range(b + 1) if 100 * (served + short) >= target * b]
    assert behind["short"].tolist() == ([reached[0]] if reached[0] else [])


def test_score_lines_say_at_which_value_points_are_full(made: Made) -> None:
    lines = made.lines().set_index("line")
    assert lines["full_at"].tolist() == [90, 10, 50]
    assert lines.loc["1.1", "points"] == pytest.approx(round(5 * 0.85 / 0.9, 2), abs=0.005)
    assert lines["direction"].tolist() == ["up", "down", "up"]
    missing = score_views.without_data(made.lines())
    assert missing["line"].tolist() == ["1.3"] and missing["lost"].tolist() == [2.0]
    labels = score_views.lost_lines(made.lines(), "zh")["label"].tolist()
    assert [label.endswith("（缺数据）") for label in labels] == [False, False, True]


def test_sections_end_with_the_total(made: Made) -> None:
    assert made.data.standard is not None
    table = score_views.score_sections(made.region.league, made.data.standard, "01", "2024", "zh")
    assert table["is_total"].tolist() == [False, True]
    assert table["part"].tolist() == ["甲", "总分"]
    assert table["points"].iloc[0] == table["points"].iloc[-1] == pytest.approx(made.lines()["points"].sum())


# --- the region


def test_the_league_table_is_in_the_order_of_ranks_and_tells_missing_data(made: Made) -> None:
    assert made.data.standard is not None
    table = region_views.league_table(made.data, made.region, made.data.standard, "2024", "zh")
    assert table["rank"].tolist() == sorted(table["rank"])
    assert table["points"].tolist() == sorted(table["points"], reverse=True)
    assert set(table["area"]) == set(COUNTIES)
    assert dict(zip(table["area"], table["missing_lost"], strict=True)) == {"01": 2, "02": 2, "03": 0, "04": 2}
    moves = region_views.rank_moves(table)
    assert len(moves) == 4 and (moves["before"] - moves["after"]).tolist() == table["change_rank"].tolist()


@pytest.mark.parametrize("reference", [True, False])
def test_the_funnel_leaves_the_region_out(tmp_path: Path, reference: bool) -> None:
    everybody = [*facts(), fact("2024", "9", "a", 90_000), fact("2024", "9", "b", 100_000)]
    case = Made(build(tmp_path / "small", reference=reference, facts=everybody))
    values, limits = region_views.funnel_input(case.data, case.region, "share", "2024", "zh")
    assert set(values["area"]) == set(COUNTIES)
    joint = values["numerator"].sum() / values["denominator"].sum()
    assert limits["centre"].unique().tolist() == pytest.approx([100 * joint])
    own = exact_limits(values["denominator"], joint, "proportion", 100, confidence=[0.998])
    outside = (values["value"] < own["lower_99_8"]) | (values["value"] > own["upper_99_8"])
    assert values["outside"].tolist() == outside.tolist()
    assert values["outside"].any()


def test_what_cannot_be_in_a_funnel_is_not_chosen_for_one(tmp_path: Path) -> None:
    above = [{**row, "value": 2 * int(row["value"])} if row["item"] == "a" else row for row in facts()]
    case = Made(build(tmp_path / "small", standard=False, facts=above))
    chosen = region_views.funnel_indicators(case.data, case.region, "2024", most=9)
    assert "share" not in chosen, "more people served than there are"
    assert "visits" not in chosen and "late" not in chosen
    assert {"waste", "deaths"} == set(chosen)
    assert region_views.funnel_indicators(case.data, case.region, "2019") == []


def test_against_the_reference_by_the_interval(tmp_path: Path) -> None:
    reference = [fact("2024", "9", name, value) for name, value in (("a", 8500), ("b", 10_000), ("c", 1200), ("n", 5))]
    case = Made(build(tmp_path / "small", standard=False, reference=True, facts=[*facts(), *reference]))
    assert views.reference_column(case.data) == "reference_value"
    table = views.compared(case.data, case.region, "2024", "zh").set_index(["area", "indicator"])
    assert [table.loc[(code, "share"), "against"] for code in COUNTIES] == ["near", "below", "below", "above"]
    assert (table.xs("visits", level="indicator")["against"] == "").all(), "a count is not beside another place's"
    counties = region_views.counties_overview(case.data, case.region, "2024", "zh").set_index("area")
    for code in COUNTIES:
        for name in ("above", "near", "below"):
            assert counties.loc[code, name] == (table.loc[code, "against"] == name).sum()
    assert counties["best"].isna().all(), "two indicators with a direction say little about quarters"


def test_findings_are_counted_by_county(made: Made) -> None:
    found = pd.DataFrame(
        [
            {"level": "error", "rule": "above_100", "period": "2024", "area": "01", "unit": "u1"},
            {"level": "error", "rule": "above_100", "period": "2023", "area": "01", "unit": "u1"},
            {"level": "warning", "rule": "silent_unit", "period": "2024", "area": "02", "unit": "x"},
            {"level": "note", "rule": "outlier", "period": "2024", "area": "02", "unit": ""},
            {"level": "warning", "rule": "outlier", "period": "unknown", "area": "03", "unit": ""},
        ]
    ).assign(subject="", where="", evidence="", likely="", sentence_zh="句。", sentence_en="Said.")
    table = region_views.quality_by_area(made.data, found, "2024", "zh").set_index("area")
    assert table["errors"].to_dict() == {"01": 1, "02": 0, "03": 0, "04": 0}
    assert table["warnings"].to_dict() == {"01": 0, "02": 1, "03": 0, "04": 0}
    assert table["silent"].to_dict() == {"01": 0, "02": 1, "03": 0, "04": 0}
    nothing = region_views.quality_by_area(made.data, found.head(0), "2024", "zh")
    assert nothing["errors"].sum() == 0 and views.present(nothing, ["errors", "silent"]) == ["errors"]
    assert quality_views.by_level(quality_views.findings(found, "2024", "zh"))["note"] == 1


# --- over time


def test_a_series_has_the_same_months_of_every_year_and_nothing_later(tmp_path: Path) -> None:
    months = [
        fact(f"{year}-{month:02d}", code, name, value)
        for year in (2022, 2023, 2024)
        for month in range(1, 13)
        for code in COUNTIES
        for name, value in (("a", 70 + month), ("b", 100))
    ]
    data = build(tmp_path / "small", facts=months, units=[])
    for period, expected in (
        ("2023", ["2022", "2023"]),
        ("2024-H1", ["2022-H1", "2023-H1", "2024-H1"]),
        ("2023-Q3", ["2022-Q3", "2023-Q3"]),
        ("2022-03", ["2022-01", "2022-02", "2022-03"]),
    ):
        every = ev.periods.every(period)
        case = ev.indicators(data, every), ev.region_figures(data, every)
        shown = series_views.series(data, *case, "01", period, ["share"], "zh")
        assert shown["period"].tolist() == expected
    monthly = series_views.monthly(data, ev.region_figures(data), "01", "2024-H1", ["share"], "zh")
    assert monthly["period"].tolist()[0] == "2022-07" and monthly["period"].tolist()[-1] == "2024-06"
    assert len(monthly) == 24
    assert series_views.monthly(data, ev.region_figures(data), "01", "2024-06", ["share"], "zh").empty


def test_an_earlier_definition_under_another_name_is_another_thing(tmp_path: Path) -> None:
    two = [
        indicator("share", "a", "b", valid_to="2023", name_zh="旧率", name_en="Old rate"),
        indicator("share", "a", "b + c", valid_from="2024", name_zh="新率", name_en="New rate"),
    ]
    case = Made(build(tmp_path / "small", standard=False, indicators=two))
    shown = series_views.series(case.data, case.ind, case.region, "01", "2024", ["share"], "zh")
    assert shown["label"].tolist() == ["新率"] and shown["period"].tolist() == ["2024"]
    row = case.overview().iloc[0]
    assert np.isnan(row["change_pp"]) and row["reason"] != "" and row["status"] == ""


@pytest.mark.parametrize(("name", "other"), [("2024-H1", "2024-01/2024-06"), ("2024", "2024-01/2024-12")])
def test_the_same_months_are_the_same_period_whatever_they_are_called(name: str, other: str) -> None:
    column = pd.Series([name, other, "unknown", "2023", "2024-Q1"])
    assert target_views.same_period(column, other).tolist() == [True, True, False, False, False]


# --- nothing to show


def test_a_single_year_without_units_targets_or_standard(tmp_path: Path) -> None:
    rows = list(facts(("2024",), units=False))
    case = Made(build(tmp_path / "small", standard=False, facts=rows, units=[]))
    table = case.overview()
    assert set(table["status"]) == {"", "missing"} and (table["target_status"] == "").all()
    assert change_views.movers(table, "better").empty and change_views.largest_changes(table).empty
    assert views.main_indicators(case.data, table) == ["share", "waste", "deaths"]
    assert series_views.series(case.data, case.ind, case.region, "01", "2024", ["share"], "zh")["period"].tolist() == [
        "2024"
    ]
    assert series_views.monthly(case.data, ev.region_figures(case.data), "01", "2024", ["share"], "zh").empty
    assert quality_views.completeness(case.data, "01", "2024", "zh").empty
    assert quality_views.adjusted(case.data, "01", "2024", "zh").empty
    assert quality_views.findings(ev.check(case.data), "2024", "zh").empty


def test_a_period_without_data_gives_empty_tables(made: Made) -> None:
    assert made.data.standard is not None
    assert made.overview(period="2019").empty
    assert views.comparison(made.data, made.region, "01", "2019", "zh").empty
    assert change_views.intervals(made.data, made.ind, "01", "2019", "zh").empty
    assert made.lines(period="2019").empty
    assert score_views.units_behind(made.data, made.ind, made.lines(period="2019"), "01", "2019", "zh").empty
    assert region_views.league_table(made.data, made.region, made.data.standard, "2019", "zh").empty
    assert quality_views.completeness(made.data, "01", "2019", "zh").empty
    table = region_views.counties_overview(made.data, made.region, "2019", "zh")
    assert table["reported"].tolist() == [0, 0, 0, 0] and table["near"].isna().all()


def test_an_area_alone_is_not_compared_with_itself(tmp_path: Path) -> None:
    rows = [row for row in facts(units=False) if row["area"] == "01"]
    folder = dataset(tmp_path / "small", facts=rows, items=ITEMS, indicators=INDICATORS)
    case = Made(ev.load(str(folder)))
    table = case.overview()
    assert table[["rank", "median", "total_value"]].isna().all(axis=None)
    assert (views.comparison(case.data, case.region, "01", "2024", "zh")["against"] == "").all()


def test_completeness_counts_what_any_unit_reported(made: Made) -> None:
    table = quality_views.completeness(made.data, "01", "2024", "zh")
    assert table[["unit", "items_reported", "items_expected", "share"]].to_numpy().tolist() == [
        ["u1", 4, 4, 100.0],
        ["u2", 4, 4, 100.0],
    ]


def test_completeness_by_family_says_who_lacks_something(tmp_path: Path) -> None:
    items = [item("a", family="one"), item("b", family="one"), item("c", family="two"), item("n", family="two")]
    rows = [fact("2024", "01", name, 5, place) for place in ("u1", "u2") for name in ("a", "b", "c")]
    rows += [fact("2024", "01", "n", 5, "u1")]
    places = [unit("01", name, name_zh=f"{name}院") for name in ("u1", "u2", "silent")]
    folder = dataset(tmp_path / "small", facts=rows, items=items, units=places)
    table = quality_views.by_family(ev.load(str(folder)), "01", "2024", "zh").set_index("family")
    assert table[["items_reported", "items_expected"]].T.to_dict("list") == {"two": [3, 6], "one": [4, 6]}
    assert table.index.tolist() == ["two", "one"] and table["share"].round(6).tolist() == [50, 66.666667]
    # who sent nothing at all is named by `completeness`
    assert table["lacking"].to_dict() == {"two": "u2院", "one": ""}
    assert quality_views.by_family(ev.load(str(folder)), "01", "2019", "zh").empty


KIND_CASES = (
    ("warning", "outlier", "2024"),
    ("note", "last_digits", "2024"),
    ("warning", "date_made", ""),
    ("error", "units_total", "2024"),
    ("warning", "a_check_of_the_catalogue", "2024"),
    ("error", "claim_change", "2024"),
    ("warning", "copied_units", "2024"),
    ("warning", "units_total", "2024"),
)


def test_findings_come_by_kind_the_worst_first_and_questions_apart() -> None:
    found = pd.DataFrame([dict(zip(("level", "rule", "period"), case, strict=True)) for case in KIND_CASES])
    found = found.assign(
        area="01", unit="", subject="", evidence="", sentence_zh="句。", sentence_en="Said.", likely=""
    )
    found["where"] = "甲.xlsx!表!C4; 甲.xlsx!表!D4; facts/01.csv row 3; facts/01.csv row 4"
    found.loc[0, "likely"] = "a digit too many or too few"
    shown = quality_views.findings(found, "2024", "zh")
    problems, questions = quality_views.problems(shown, "zh"), quality_views.questions(shown, "zh")
    assert problems["rule"].tolist() == [
        "units_total", "units_total", "claim_change", "date_made", "a_check_of_the_catalogue", "outlier",
    ]  # fmt: skip
    assert problems["level"].tolist()[:2] == ["error", "warning"]
    assert questions["rule"].tolist() == ["copied_units", "last_digits"]
    counts = quality_views.kinds(shown, "zh").set_index("kind")
    assert counts[["errors", "warnings", "notes"]].sum().tolist() == [2, 5, 1]
    assert counts.loc["totals", ["errors", "warnings", "notes"]].tolist() == [1, 1, 0]
    assert counts["kind_name"].is_unique
    assert shown["places"][0] == "甲.xlsx!表!C4; D4; facts/01.csv 第3行; 第4行"
    assert "甲.xlsx!表!D4" in shown["where"][0]  # the file has them whole
    assert problems["likely"].tolist()[-1] == "多写或少写了一位数"
    nothing = quality_views.findings(found.head(0), "2024", "en")
    assert quality_views.problems(nothing, "en").empty and quality_views.questions(nothing, "en").empty
    assert quality_views.kinds(nothing, "en")[["errors", "warnings", "notes"]].sum().sum() == 0


def test_headers_have_words_and_counts_say_their_measure(made: Made) -> None:
    shown = views.columns(["name", "reference_value", "against"], "en", reference="England")
    assert shown == {
        "name": ("Indicator", "text"),
        "reference_value": ("England", "value"),
        "against": ("Against England", "status"),
    }
    names = made.overview(lang="zh").set_index("indicator")["name"]
    assert names["visits"] == "指标visits（次）" and names["share"] == "指标share"


def test_a_table_without_rows_is_still_a_table() -> None:
    assert views.present(pd.DataFrame({"name": [], "value": []}), ["name", "value"]) == ["name"]
