"""Parts of the page on trends: why it changed, what to expect, growth, progress; each against its own numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import area, dataset, fact, indicator, item, unit
from hypothesis import given, settings
from hypothesis import strategies as st

import evaltools as ev
from evaltools import change_views, periods, series_views, trend_views
from evaltools.datasets import Data
from evaltools.forecasts import forecast
from evaltools.regions import RegionFigures
from evaltools.trend_views import Shown

pytestmark = pytest.mark.slow

LANGUAGES = ("zh", "en")
YEARS = [str(year) for year in range(2015, 2025)]
COUNTIES = [f"99010{at}" for at in range(1, 9)]
COUNTY = COUNTIES[0]

KINDS: dict[str, dict[str, object]] = {
    "steady": {},
    "falling": {},
    "small": {},
    "not_judged": {"direction": "none"},
    "deaths": {"kind": "rate", "per": "1000", "direction": "down"},
    "money": {"kind": "ratio"},
    "visits": {"kind": "count", "per": "1"},
    "gap": {},
}
NEXT = {
    "steady": 25,
    "falling": -22,
    "small": 0.4,
    "not_judged": 19,
    "deaths": -3,
    "money": 27,
    "visits": 20,
    "gap": 20,
}
"""About how many in a thousand each moves a year."""


def facts() -> list[dict]:
    """Ten years of eight counties, the first by three institutions."""
    random = np.random.default_rng(20241115)
    rows = []
    for place, code in enumerate(COUNTIES):
        parts = {"u1": 30_000, "u2": 20_000, "u3": 10_000} if code == COUNTY else {"": 50_000}
        for name, step in NEXT.items():
            start = random.uniform(500, 620) if name != "deaths" else 60
            for at, year in enumerate(YEARS):
                level = start + place + step * at + random.normal(0, 1.5)
                for code_, size in parts.items():
                    if name == "gap" and year == "2024" and code_ == "u3":
                        continue
                    own = 15 * (code_ == "u1") - 20 * (code_ == "u2") * (year == "2024")
                    served = round((level + own) * (size + 10 * at) / 1000)
                    rows.append(fact(year, code, f"{name}_n", served, code_))
                    rows.append(fact(year, code, f"{name}_d", size + 10 * at, code_))
    return rows


def build(folder: Path) -> Data:
    path = dataset(
        folder,
        {"region": "990100"},
        areas=[area("990100"), *(area(code, parent="990100") for code in COUNTIES)],
        units=[unit(COUNTY, f"u{at}", name_zh=f"{name}卫生院") for at, name in enumerate("甲乙丙", 1)],
        items=[item(f"{name}_{side}") for name in KINDS for side in "nd"],
        indicators=[
            indicator(name, f"{name}_n", "" if name == "visits" else f"{name}_d", **values)
            for name, values in KINDS.items()
        ],
        facts=facts(),
        breaks=[
            {"from": "2020", "to": "2020", "indicator": "*", "area": "*", "kind": "disturbance"}
            | {"note_zh": "疫情", "note_en": "epidemic"}
        ],
    )
    return ev.load(str(path))


def without(data: Data, keep: Callable[[str], bool], item_: str = "") -> Data:
    """The dataset without the facts of periods that are not to be kept, of one item or of all."""
    kept = data.facts["period"].map(keep).astype(bool) | ~data.facts["item"].str.startswith(item_)
    return replace(data, facts=data.facts[kept])


def with_other_future(data: Data, period: str) -> Data:
    """The dataset with far larger numbers after a period, of everything that is not a denominator."""
    end = periods.parse(period).last
    after = data.facts["period"].map(lambda name: periods.parse(name).last > end).astype(bool)
    after &= ~data.facts["item"].str.endswith("_d") & (data.facts["item"] != "people")
    return replace(data, facts=data.facts.assign(value=data.facts["value"].mask(after, data.facts["value"] * 1.2)))


class Made:
    """A dataset of whole years and what the page computes from it."""

    def __init__(self, data: Data, every: str = "year", audience: str = "internal") -> None:
        self.data = data
        self.region: RegionFigures = ev.region_figures(data, every, audience)
        self.ind = self.region.admitted(ev.indicators(data, every))

    def overview(self, period: str = "2024", lang: str = "zh", place: str = COUNTY) -> pd.DataFrame:
        return change_views.overview(self.data, self.ind, self.region, place, period, lang)

    def forecasts(
        self, period: str = "2024", lang: str = "zh", names: tuple[str, ...] = tuple(KINDS), without: bool = False
    ) -> Shown:
        lines = series_views.series(self.data, self.ind, self.region, COUNTY, period, list(names), lang)
        return trend_views.forecasts(self.data, self.region, lines, COUNTY, period, lang, without)

    def growth(self, period: str, lang: str = "zh", place: str = COUNTY) -> Shown:
        return trend_views.growth(self.data, self.ind, place, period, lang)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(build(tmp_path_factory.mktemp("trend") / "trend"))


def sound(shown: Shown, lang: str) -> None:
    """Whatever a reader is given is in one language, whole, and stands in the table."""
    for text in [*shown.sentences, *shown.notes, *([shown.caption] if len(shown.table) else [])]:
        assert text and not re.search(r"[{}]|\bnan\b|None|  ", text), text
        if lang == "zh":
            assert not re.search(r"[a-z]{3,}(?<!Fingertips)", re.sub(r"[A-Za-z]+-?[A-Za-z]+|θ", "", text)), text
        else:
            assert not re.search(r"[\u4e00-\u9fff]", re.sub("指标|项目|地区|卫生院|[甲乙丙]", "", text)), text
    assert set(shown.headers) <= set(shown.table.columns)
    assert len({header for header, _ in shown.headers.values()}) == len(shown.headers)


# --- why it changed ------------------------------------------------------------------------------------------------


def test_the_largest_clear_changes_of_shares_are_explained(made: Made) -> None:
    table = made.overview()
    found = trend_views.explained(made.data, made.ind, table, COUNTY, "2024", most=9)
    rows = table.set_index("indicator")
    wanted = [name for name in rows.index if rows.loc[name, "status"] in ("better", "worse", "neutral")]
    wanted = [name for name in wanted if KINDS[name].get("kind", "proportion") == "proportion"]
    wanted.sort(key=lambda name: -abs(rows.loc[name, "change_pp"]))
    assert [one.indicator for one in found] == wanted and len(wanted) >= 3
    assert not {"gap", "deaths", "money", "visits", "small"} & set(wanted)
    two = trend_views.explained(made.data, made.ind, table, COUNTY, "2024", most=2)
    assert [one.indicator for one in two] == wanted[:2]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_why_adds_up_to_the_change_of_the_overview(made: Made, lang: str) -> None:
    table = made.overview(lang=lang)
    rows = table.set_index("indicator")
    for found in trend_views.explained(made.data, made.ind, table, COUNTY, "2024"):
        why = trend_views.why(found, made.data, table, "2024", lang)
        sound(why, lang)
        change = rows.loc[found.indicator, "change_pp"]
        units = why.table[~why.table["is_total"]]
        assert sorted(units["unit"]) == ["u1", "u2", "u3"]
        assert units["total_effect"].sum() == pytest.approx(change)
        assert (units["rate_effect"] + units["mix_effect"]).tolist() == pytest.approx(units["total_effect"].tolist())
        (total,) = why.table[why.table["is_total"]].to_dict("records")
        assert total["total_effect"] == pytest.approx(change) and total["value"] == rows.loc[found.indicator, "value"]
        # the own rates of each unit, from the facts
        for one in units.to_dict("records"):
            own = made.ind[(made.ind["unit"] == one["unit"]) & (made.ind["indicator"] == found.indicator)]
            own = own.set_index("period")["value"]
            assert [one["previous_value"], one["value"]] == pytest.approx([own["2023"], own["2024"]])
        numerator, whole = why.sentences
        size = f"{abs(change):.2f}"
        name = rows.loc[found.indicator, "name"]
        assert name in numerator and name in whole and size in numerator and size in whole
        assert name in why.caption and "2024" in why.caption


def test_nothing_is_explained_without_units_or_where_one_alone_has_all(made: Made) -> None:
    other = made.overview(place=COUNTIES[1])
    assert (other["status"] == "better").any()
    assert trend_views.explained(made.data, made.ind, other, COUNTIES[1], "2024") == []
    one = {name: getattr(made.data, name) for name in ("facts", "units")}
    alone = Made(replace(made.data, **{name: rows[rows["unit"].isin(["", "u1"])] for name, rows in one.items()}))
    table = alone.overview()
    assert (table["status"] == "better").any()
    assert trend_views.explained(alone.data, alone.ind, table, COUNTY, "2024") == []
    assert trend_views.explained(made.data, made.ind, made.overview().head(0), COUNTY, "2024") == []


# --- what to expect ------------------------------------------------------------------------------------------------


def test_forecasts_are_those_of_the_method_for_the_lines_of_the_page(made: Made) -> None:
    shown = made.forecasts()
    sound(shown, "zh")
    pairs = [(COUNTY, name) for name in KINDS]
    alone = forecast(made.region.indicators, made.data.catalogue, pairs, "2024", made.data.breaks, exclude={"990100"})
    alone = alone.set_index("indicator")
    table = shown.table.set_index("indicator")
    assert list(table.index) == list(KINDS)
    for name in table.index:
        for column in ("forecast", "lower", "upper", "n_errors"):
            assert table.loc[name, column] == pytest.approx(alone.loc[name, column], nan_ok=True), (name, column)
    assert set(table["period"]) == {"2025"} and "2025年" in shown.caption
    given = table[table["method"] != ""]
    assert (
        len(given) > 2 and (given["lower"] <= given["forecast"]).all() and (given["forecast"] <= given["upper"]).all()
    )
    missing = table[table["method"] == ""]
    assert (missing["reason"] != "").all() and missing["forecast"].isna().all()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_few_forecasts_are_told_one_by_one_and_many_by_their_table(made: Made, lang: str) -> None:
    few = made.forecasts(lang=lang, names=("steady", "falling"))
    sound(few, lang)
    table = few.table.set_index("indicator")
    assert (table["method"] != "").all()
    for name, text in zip(table.index, few.sentences, strict=False):
        assert table.loc[name, "name"] in text
        for column in ("forecast", "lower", "upper"):
            assert f"{table.loc[name, column]:.2f}%" in text
    many = made.forecasts(lang=lang)
    sound(many, lang)
    assert not any(f"{x:.2f}%" in text for text in many.sentences for x in many.table["forecast"].dropna())
    assert any(("2025年" if lang == "zh" else "2025") in text for text in many.sentences)
    if (many.table["method"] == "").any():
        n = int((many.table["method"] == "").sum())
        assert re.search(rf"\b{n}\b" if lang == "en" else f"另有{n}项", many.sentences[-1])


def test_a_forecast_knows_nothing_of_later_years(made: Made) -> None:
    then = made.forecasts("2022").table
    assert (then["method"] != "").any()
    pd.testing.assert_frame_equal(Made(with_other_future(made.data, "2022")).forecasts("2022").table, then)


def test_disturbed_years_can_be_left_out_of_a_forecast(made: Made) -> None:
    with_, without = (made.forecasts(names=("steady",), without=flag).table.iloc[0] for flag in (False, True))
    assert (with_["points"], without["points"]) == (10, 9)
    assert "disturbed periods among the points: 1" in with_["reason"]
    assert "disturbed periods left out: 1" in without["reason"]


def test_nothing_is_forecast_without_lines_and_none_without_enough_years(made: Made) -> None:
    nothing = made.forecasts(names=())
    assert nothing.table.empty and not nothing.sentences and not nothing.notes
    young = Made(without(made.data, lambda year: year >= "2022"))
    shown = young.forecasts(names=("steady", "falling"))
    sound(shown, "zh")
    assert shown.table.empty, "a table without any forecast says nothing"
    assert "2项" in shown.sentences[0] and "不足5期" in shown.sentences[0] and shown.notes


# --- growth --------------------------------------------------------------------------------------------------------


def level(made: Made, name: str, period: str, place: str = COUNTY) -> float:
    rows = made.ind[(made.ind["area"] == place) & (made.ind["unit"] == "") & (made.ind["indicator"] == name)]
    return float(rows.set_index("period")["value"].get(period, math.nan))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_growth_of_whole_years_by_hand(made: Made, lang: str) -> None:
    shown = made.growth("2024", lang)
    sound(shown, lang)
    table = shown.table.set_index("indicator")
    assert set(table.index) == set(KINDS) - {"gap"}
    for name in table.index:
        now, before, first = (level(made, name, year) for year in ("2024", "2023", "2015"))
        row = table.loc[name]
        assert row[["value", "first_value"]].tolist() == [now, first]
        assert row["year_growth"] == pytest.approx(100 * (now / before - 1))
        assert row["base_ratio"] == pytest.approx(100 * now / first)
        assert row["average_ratio"] == pytest.approx(100 * (now / first) ** (1 / 9))
        assert row["average_growth"] == pytest.approx(row["average_ratio"] - 100)
        assert row["reason"] == ""
    assert "previous_growth" not in shown.headers, "of years it is the growth on the year"
    assert shown.caption == (
        "2024年发展速度与增长速度（以2015年为基期）" if lang == "zh" else "Growth up to 2024, on 2015 as the base"
    )


def test_growth_up_to_an_earlier_year_knows_nothing_of_later_ones(made: Made) -> None:
    table = made.growth("2019").table.set_index("indicator")
    row = table.loc["steady"]
    assert row["year_growth"] == pytest.approx(
        100 * (level(made, "steady", "2019") / level(made, "steady", "2018") - 1)
    )
    assert row["average_ratio"] == pytest.approx(
        100 * (level(made, "steady", "2019") / level(made, "steady", "2015")) ** (1 / 4)
    )
    past = Made.__new__(Made)
    past.data, past.region = made.data, made.region
    past.ind = made.ind[made.ind["period"] <= "2019"]
    pd.testing.assert_frame_equal(past.growth("2019").table, made.growth("2019").table)


def test_growth_tells_why_there_is_no_average(made: Made) -> None:
    late = Made(without(made.data, lambda year: year != "2015", "steady"))
    table = late.growth("2024").table.set_index("indicator")
    assert math.isnan(table.loc["steady", "average_growth"])
    reason = table.loc["steady", "reason"]
    assert "2015" in reason and "not reported" in reason and ev.wording.untranslated([reason]) == []
    assert table.loc["steady", "year_growth"] > 0 and table.loc["falling", "reason"] == ""


# --- months, progress ----------------------------------------------------------------------------------------------

MONTHLY_AREA, NEIGHBOUR = "990201", "990202"


def monthly_facts() -> list[dict]:
    """Three years by month: visits and examined are counted anew, managed and people stand at the end of a month."""
    rows = []
    for code, shift in ((MONTHLY_AREA, 0), (NEIGHBOUR, 5)):
        for at in range(-1, 36):
            period = periods.name(periods.Span(2022 * 12 + at, 2022 * 12 + at))
            numbers = {
                "visits": 100 + at + shift + (at % 12),
                "examined": 40 + at % 5 + shift,
                "managed": 600 + 3 * at + shift,
                "people": 1000,
            }
            rows += [fact(period, code, name, number) for name, number in numbers.items()]
    return rows


def target(period: str, name: str, level_: float, place: str = "*", kind: str = "absolute") -> dict:
    row = {"period": period, "area": place, "unit": "", "indicator": name, "target": level_, "upper": ""}
    return {**row, "kind": kind, "source": "s", "mark": "general"}


TARGETS = [
    target("2024", "visits", 2000),
    target("2024", "examined_share", 60),
    target("2024", "managed_share", 80),
    target("2024", "managed_share", 75, NEIGHBOUR),
    target("2023-12/2024-11", "visits", 1800),
]


def build_months(folder: Path) -> Data:
    people = indicator("examined_share", "examined", "people")
    return ev.load(
        str(
            dataset(
                folder,
                {"region": "990200"},
                areas=[area("990200"), *(area(code, parent="990200") for code in (MONTHLY_AREA, NEIGHBOUR))],
                items=[
                    item("visits"),
                    item("examined"),
                    item("managed", over_time="last"),
                    item("people", over_time="last"),
                ],
                indicators=[
                    indicator("visits", "visits", kind="count", per="1"),
                    people,
                    indicator("managed_share", "managed", "people"),
                ],
                facts=monthly_facts(),
                targets=TARGETS,
            )
        )
    )


@pytest.fixture(scope="module")
def months(tmp_path_factory: pytest.TempPathFactory) -> Data:
    return build_months(tmp_path_factory.mktemp("months") / "months")


def number(name: str, period: str, code: str = MONTHLY_AREA) -> float:
    """What is reported for some months: the sum of what is counted anew, the last of what stands."""
    known = {(row["period"], row["area"], row["item"]): row["value"] for row in monthly_facts()}
    found = [float(known[month, code, name]) for month in periods.months(period)]
    return sum(found) if name in ("visits", "examined") else found[-1]


@pytest.mark.parametrize(
    ("period", "before"),
    [
        ("2024-Q3", "2024-Q2"),
        ("2024-Q1", "2023-Q4"),
        ("2024-H1", "2023-H2"),
        ("2024-06", "2024-05"),
        ("2024-01/2024-09", ""),
        ("2023-12/2024-11", ""),
    ],
)
def test_growth_of_parts_of_a_year_by_hand(months: Data, period: str, before: str) -> None:
    figures = ev.indicators(months, periods.every(period), units=False)
    shown = trend_views.growth(months, figures, MONTHLY_AREA, period, "zh")
    sound(shown, "zh")
    (row,) = shown.table[shown.table["indicator"] == "visits"].to_dict("records")
    last_year, first = periods.shift(period, -1), periods.shift(period, -2)
    now = number("visits", period)
    assert row["value"] == now
    assert row["year_growth"] == pytest.approx(100 * (now / number("visits", last_year) - 1))
    assert (row["first_period"], row["first_value"]) == (first, number("visits", first))
    assert row["average_ratio"] == pytest.approx(100 * math.sqrt(now / number("visits", first)))
    assert ("previous_growth" in shown.headers) == bool(before)
    assert row["base_ratio"] == pytest.approx(100 * now / number("visits", first)), "on the base of the caption"
    if before:
        assert row["previous_growth"] == pytest.approx(100 * (now / number("visits", before) - 1))
    assert ev.wording.period(first, "zh") in shown.caption


SINCE = [
    # a year of its own, or as much of the calendar year as has gone
    ([], "2024", ""),
    ([], "2024-H1", "2024-H1"),
    ([], "2024-Q3", "2024-01/2024-09"),
    ([], "2024-06", "2024-H1"),
    ([], "2024-01", "2024-01"),
    ([], "2024-12", ""),
    ([], "2024-H2", ""),
    ([], "2024-Q4", ""),
    ([], "2024-01/2024-10", "2024-01/2024-10"),
    ([], "2023-12/2024-11", ""),
    (["2024"], "2024-Q2", "2024-H1"),
    (["2024", "unknown", "2024-H1"], "2024-09", "2024-01/2024-09"),
    (["2024-03/2024-09", "2023-07/2024-12"], "2024-Q2", "2024-H1"),
    # an assessment year, if there are targets for one
    (["2023-12/2024-11"], "2024-Q2", "2023-12/2024-06"),
    (["2023-12/2024-11"], "2024-06", "2023-12/2024-06"),
    (["2023-12/2024-11"], "2023-12", "2023-12"),
    (["2023-12/2024-11"], "2024-11", ""),
    (["2023-12/2024-11"], "2024-12", ""),
    (["2023-12/2024-11"], "2025-03", "2025-Q1"),
    (["2023-12/2024-11"], "2023-12/2024-09", "2023-12/2024-09"),
    (["2023-12/2024-11"], "2023-12/2024-11", ""),
    # both: what begins as the period does, else the assessment year
    (["2024", "2023-12/2024-11"], "2024-H1", "2024-H1"),
    (["2024", "2023-12/2024-11"], "2024-01/2024-10", "2024-01/2024-10"),
    (["2024", "2023-12/2024-11"], "2023-12/2024-05", "2023-12/2024-05"),
    (["2024", "2023-12/2024-11"], "2024-Q3", "2023-12/2024-09"),
    (["2023-12/2024-11", "2024"], "2024-Q3", "2023-12/2024-09"),
]


@pytest.mark.parametrize(("targets", "period", "so_far"), SINCE)
def test_since_the_start_of_the_year_that_the_targets_are_for(targets: list[str], period: str, so_far: str) -> None:
    frame = pd.DataFrame({"period": pd.Series(targets, dtype="str")})
    assert trend_views.since_the_start(frame, period) == so_far


@settings(max_examples=150, deadline=None)
@given(st.integers(2020, 2026), st.integers(0, 11), st.integers(1, 12), st.lists(st.integers(2019, 2026), max_size=3))
def test_what_has_been_done_so_far_ends_with_the_period_and_is_part_of_a_year(
    year: int, first: int, length: int, years: list[int]
) -> None:
    start = 12 * year + first
    period = periods.name(periods.Span(start, start + length - 1))
    names = [f"{one}-12/{one + 1}-11" for one in years[::2]] + [str(one) for one in years[1::2]]
    found = trend_views.since_the_start(pd.DataFrame({"period": pd.Series(names, dtype="str")}), period)
    if length == 12:
        assert found == ""
    if found:
        span = periods.parse(found)
        assert span.last == start + length - 1 and span.length < 12
        whole = periods.name(periods.Span(span.first, span.first + 11))
        assert whole in names or span.first % 12 == 0


def test_progress_by_hand(months: Data) -> None:
    shown = trend_views.progress(months, "internal", MONTHLY_AREA, "2024-Q3", "zh")
    assert "2023-12" in str(shown.table["period"].iloc[0]), "an assessment year has a target, so it counts from then"
    (row,) = shown.table.to_dict("records")
    done = number("visits", "2023-12/2024-09")
    assert (row["indicator"], row["value"], row["target"]) == ("visits", done, 1800)
    assert row["reached"] == pytest.approx(100 * done / 1800) and row["calendar"] == pytest.approx(1000 / 12)
    shown = trend_views.progress(months, "internal", MONTHLY_AREA, "2024-H1", "zh")
    sound(shown, "zh")
    rows = shown.table.set_index("indicator")
    assert set(rows.index) == {"visits", "examined_share", "managed_share"}
    done = number("visits", "2024-H1")
    assert rows.loc["visits", ["value", "target", "calendar"]].tolist() == [done, 2000, 50]
    assert rows.loc["visits", "reached"] == pytest.approx(100 * done / 2000)
    season = 100 * number("visits", "2023-H1") / number("visits", "2023")
    assert rows.loc["visits", "season"] == pytest.approx(season)
    share = 100 * number("examined", "2024-H1") / 1000
    assert rows.loc["examined_share", ["value", "reached"]].tolist() == pytest.approx([share, share / 60 * 100])
    standing = number("managed", "2024-H1") / 10
    assert rows.loc["managed_share", ["value", "reached"]].tolist() == pytest.approx([standing, standing / 80 * 100])
    own = trend_views.progress(months, "internal", NEIGHBOUR, "2024-H1", "zh").table.set_index("indicator")
    assert own.loc["managed_share", "target"] == 75
    assert "2024年上半年" in shown.caption
    assert f"{100 * done / 2000:.2f}%" in "".join(shown.sentences)


@pytest.mark.parametrize(("period", "lang"), [("2024-06", "zh"), ("2024-01/2024-09", "en")])
def test_progress_is_told_for_every_part_of_a_year(months: Data, period: str, lang: str) -> None:
    shown = trend_views.progress(months, "internal", MONTHLY_AREA, period, lang)
    sound(shown, lang)
    assert shown.sentences and shown.notes and len(shown.table)
    assert (shown.table["reached"] > 0).all()


def test_progress_knows_nothing_of_later_months(months: Data) -> None:
    expected = trend_views.progress(months, "internal", MONTHLY_AREA, "2024-H1", "zh")
    for other in (with_other_future(months, "2024-06"), without(months, lambda month: month <= "2024-06")):
        found = trend_views.progress(other, "internal", MONTHLY_AREA, "2024-H1", "zh")
        pd.testing.assert_frame_equal(found.table, expected.table)
        assert found.sentences == expected.sentences


@pytest.mark.parametrize(
    ("audience", "period"),
    [
        ("internal", "2024"),
        ("internal", "2023-12/2024-11"),
        ("public", "2024-H1"),
        ("public", "2024-Q3"),
        ("internal", "2019-H1"),
        ("internal", "2031-06"),
    ],
)
def test_no_progress_of_whole_years_nor_for_the_public_nor_without_data(
    months: Data, audience: str, period: str
) -> None:
    shown = trend_views.progress(months, audience, MONTHLY_AREA, period, "zh")
    assert shown.table.empty and not shown.sentences and not shown.notes


def test_targets_without_progress_are_counted_with_their_reasons(months: Data) -> None:
    improve = months.targets["indicator"].eq("managed_share")
    targets = months.targets.assign(kind=months.targets["kind"].mask(improve, "improve"))
    shown = trend_views.progress(replace(months, targets=targets), "internal", MONTHLY_AREA, "2024-H1", "zh")
    assert set(shown.table["indicator"]) == {"visits", "examined_share"}
    assert shown.sentences[-1].startswith("另有1项") and "改善" in shown.sentences[-1]
    for chosen in (targets[improve], targets.head(0)):
        none = trend_views.progress(replace(months, targets=chosen), "internal", MONTHLY_AREA, "2024-H1", "zh")
        assert none.table.empty and not none.sentences


# --- for the public, and nothing at all ----------------------------------------------------------------------------


def test_the_public_is_shown_no_institution(made: Made) -> None:
    public = Made(made.data, audience="public")
    assert len(made.ind[made.ind["unit"] != ""]) > 0
    assert public.ind.loc[public.ind["unit"] != "", ["numerator", "denominator", "value"]].isna().all(axis=None)
    table = public.overview()
    assert table["value"].notna().any()
    assert trend_views.explained(made.data, public.ind, table, COUNTY, "2024") == []
    assert trend_views.explained(made.data, public.ind, made.overview(), COUNTY, "2024") == [], (
        "not even if it is asked for"
    )
    names = {f"{name}卫生院" for name in "甲乙丙"}
    for shown in (public.growth("2024"), public.forecasts()):
        sound(shown, "zh")
        assert not any(name in text for text in [*shown.sentences, *shown.notes] for name in names)
        assert not shown.table.astype(str).isin(names).any(axis=None)


@pytest.mark.parametrize("period", ["2001", "2031", "2001-03"])
def test_outside_all_data_there_is_nothing_and_no_error(made: Made, period: str) -> None:
    there = made if len(period) == 4 else Made(made.data, periods.every(period))
    table = there.overview(period)
    assert table.empty
    assert trend_views.explained(made.data, there.ind, table, COUNTY, period) == []
    assert there.growth(period).table.empty
    assert there.forecasts(period).table.empty
    assert trend_views.progress(made.data, "internal", COUNTY, period, "zh").table.empty


def test_one_year_has_no_growth_but_a_reason(made: Made) -> None:
    one = Made(without(made.data, lambda year: year == "2024"))
    shown = one.growth("2024")
    sound(shown, "zh")
    assert len(shown.table) and shown.table["average_growth"].isna().all() and (shown.table["reason"] != "").all()
    assert "average_growth" not in shown.headers and "year_growth" not in shown.headers
    assert one.overview()["status"].isin(["", "missing"]).all()
    assert trend_views.explained(one.data, one.ind, one.overview(), COUNTY, "2024") == []
